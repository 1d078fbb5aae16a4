package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.ServerStats;

/**
 * A client blocked by a command that works in slices between the commands of other clients. At the
 * end the request is executed again, finds this wait with the result, and replies. Confined to the
 * event loop.
 */
public abstract class RepeatedWait implements Waiting {
  private static final long SLICE_NANOS = 500_000;
  private static final long PAUSE_MILLIS = 5;

  /** The length at which a request is taken over rather than copied, if possible. */
  private static final long LARGE_BYTES = 1 << 17;

  private final ServerClient client;
  private final Command<?> command;
  private final ServerStats stats;
  private final boolean asking;
  private final BufferMemory.Block block;
  private final Request request;
  private boolean ended;
  private boolean decided;
  private boolean planned;

  /** Creates the wait of the running command, and takes over or copies its request. */
  protected RepeatedWait(Call call) {
    client = call.client();
    command = call.command();
    stats = call.stats();
    asking = client.isAsking();
    Request running = call.request();
    BufferMemory.Block taken =
        running.argumentBytes() < LARGE_BYTES ? null : client.surrenderInput(running);
    if (taken == null) {
      block = client.context().memory().allocate(Math.max(running.argumentBytes(), 1));
      request = running.copyTo(block.memory(), block.offset());
    } else {
      block = taken;
      request = new Request();
      request.compose(running.memory());
      for (int i = 0; i < running.count(); i++) {
        request.argument(running.offset(i), running.length(i));
      }
    }
  }

  /** Works until {@code untilNanos}; returns true if work remains. */
  protected abstract boolean work(long untilNanos);

  /** Releases the resources of the wait. Called exactly once, however the wait ends. */
  protected abstract void release();

  /** Returns the client, which may have been closed. */
  protected final ServerClient client() {
    return client;
  }

  /** Returns the copy of the request, in the region. */
  protected final Request request() {
    return request;
  }

  protected final Clock clock() {
    return client.context().clock();
  }

  protected final Loop loop() {
    return client.context().loop();
  }

  protected final long nanos() {
    return clock().monotonicNanos();
  }

  /**
   * Returns true if the work has an outcome that the repeated request must report even if the
   * command would be refused by then.
   */
  protected boolean isBinding() {
    return false;
  }

  /** Works for a slice, and continues in later turns of the loop until no work remains. */
  protected final void proceed() {
    if (!planned) {
      slice();
    }
  }

  private void slice() {
    planned = !isOver() && work(nanos() + SLICE_NANOS);
    if (planned) {
      loop().schedule(this::slice, 0);
    }
  }

  /** Returns true if no work remains. */
  protected boolean isOver() {
    return ended;
  }

  /** Executes the request again, as soon as no pause forbids it, and unblocks the client. */
  protected final void repeat() {
    if (!decided) {
      decided = true;
      loop().execute(this::repeatUnlessPaused); // not within the command that started to wait
    }
  }

  private void repeatUnlessPaused() {
    if (ended || client.isEnding()) {
      return;
    }
    if (client.pauses(command)) {
      loop().schedule(this::repeatUnlessPaused, PAUSE_MILLIS);
      return;
    }
    client.setAsking(asking);
    client.executeAgain(request);
    client.unblock();
  }

  @Override
  public final long argumentBytes() {
    return request.argumentBytes();
  }

  @Override
  public long memoryBytes() {
    return block.sizeBytes();
  }

  @Override
  public final void onFailure(String code) {
    command.countCalls(1, 0);
    command.countFailed();
    stats.countCommand();
    stats.countError(code);
  }

  @Override
  public final void onEnd() {
    ended = true;
    release();
  }

  /** Frees the copy of the request; must be called by {@link #release}, or later. */
  protected final void freeRequest() {
    client.context().memory().free(block);
  }
}
