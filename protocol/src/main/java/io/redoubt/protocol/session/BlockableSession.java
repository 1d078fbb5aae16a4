package io.redoubt.protocol.session;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.blocking.Wait;
import io.redoubt.protocol.session.blocking.Waiting;
import org.jspecify.annotations.Nullable;

/**
 * A session whose requests may have to wait: a command blocks it until its condition is met, or a
 * pause postpones its next command. In both cases later requests wait, too.
 */
public abstract class BlockableSession extends ClientSession implements Pauses.Postponed {
  private final ClientContext context;
  private final Wait wait = new Wait();
  private boolean postponed;

  /** Creates a session with the next id, as the default user. */
  BlockableSession(ClientContext context) {
    super(context.nextId(), context.users(), context.clock().wallMillis());
    this.context = context;
  }

  /** Returns the context of all clients. */
  public final ClientContext context() {
    return context;
  }

  /** Returns true while EXEC or a script runs, in which commands must not block the client. */
  protected boolean deniesBlocking() {
    return false;
  }

  /** Executes pending requests at the end of the turn. */
  public abstract void resumeProcessing();

  public abstract ReplyWriter reply();

  /** Returns true if its requests have to wait. */
  final boolean isHeldUp() {
    return wait.isOn() || postponed;
  }

  // ---- blocking

  /**
   * Blocks the client: its next requests wait until {@link #unblock()}.
   *
   * @param what the condition, notified of the end of the wait
   * @param timeoutMillis the delay before {@link Waiting#onTimeout} is called, 0 for none
   * @throws IllegalStateException within a script or EXEC, where the command has already replied
   */
  public final void block(Waiting what, long timeoutMillis) {
    if (deniesBlocking()) {
      throw new IllegalStateException("a client must not block within a script or EXEC");
    }
    wait.begin(what, context.loop(), timeoutMillis, this::timeOut);
    context.addTimedWaits(wait.isTimed() ? 1 : 0);
    setFlag(ClientFlag.BLOCKED, true);
    context.addBlocked(1);
  }

  public final @Nullable Waiting waiting() {
    return wait.waiting();
  }

  /** Ends the wait. The caller writes the reply; pending requests run at the end of the turn. */
  public final void unblock() {
    if (endWait()) {
      resumeProcessing();
    }
  }

  private boolean endWait() {
    boolean timed = wait.isTimed();
    if (!wait.end()) {
      return false;
    }
    context.addTimedWaits(timed ? -1 : 0);
    setFlag(ClientFlag.BLOCKED, false);
    context.addBlocked(-1);
    return true;
  }

  /** Ends the wait as its timeout does. */
  public final void timeOut() {
    Waiting what = wait.waiting();
    if (what != null) {
      unblock();
      what.onTimeout();
    }
  }

  /** Ends the wait with an error. */
  public final void unblock(CommandError error) {
    Waiting what = wait.waiting();
    if (what != null) {
      unblock();
      reply().error(error.text());
      what.onFailure(error.code());
    }
  }

  // ---- pauses

  /** Returns true if a pause applies to this command. Replication links are never paused. */
  public final boolean pauses(Command<?> command) {
    Pauses.Scope pause = context.pauses().current();
    return pause != Pauses.Scope.NOTHING
        && !is(ClientFlag.REPLICA)
        && !is(ClientFlag.MASTER)
        && (pause == Pauses.Scope.ALL || mayReplicate(command));
  }

  /** Postpones the last dispatched request, and later ones, until the pause ends. */
  final void postpone() {
    postponed = true;
    setFlag(ClientFlag.BLOCKED, true);
    context.addBlocked(1);
    context.pauses().postpone(this);
  }

  @Override
  public final void endPostponement() {
    if (postponed) {
      postponed = false;
      setFlag(ClientFlag.BLOCKED, false);
      context.addBlocked(-1);
      resumeProcessing();
    }
  }

  /** Ends the wait and the postponement of a closed client. */
  final void endHoldUp() {
    endWait();
    endPostponement();
  }
}
