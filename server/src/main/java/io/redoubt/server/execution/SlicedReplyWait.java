package io.redoubt.server.execution;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.session.command.SlicedReply;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A client blocked until its reply is built; the repeated request writes it. */
final class SlicedReplyWait extends RepeatedWait {
  /** The number of steps within the command. */
  private static final int STEPS_AT_ONCE = 8;

  private static final CommandError UNBLOCKED =
      new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK");

  private final SlicedReply reply;
  private @Nullable OutOfMemoryError full;

  private SlicedReplyWait(Call call, SlicedReply reply) {
    super(call);
    this.reply = reply;
  }

  /** Writes a reply, or blocks the client until it is built. */
  static void reply(Call call, Supplier<? extends SlicedReply> start) {
    if (call.client().waiting() instanceof SlicedReplyWait over) {
      over.write(call);
      return;
    }
    SlicedReply reply = start.get();
    boolean waits = false;
    try {
      boolean more = true;
      for (int i = 0; more && (i < STEPS_AT_ONCE || !call.mayWait()); i++) {
        more = reply.step();
      }
      if (more) {
        SlicedReplyWait wait = new SlicedReplyWait(call, reply);
        waits = true;
        call.waitFor(wait);
        wait.loop().schedule(wait::proceed, 0);
      } else {
        reply.write(call.reply());
      }
    } finally {
      if (!waits) {
        reply.close();
      }
    }
  }

  private void write(Call call) {
    if (full != null) {
      throw full;
    }
    reply.write(call.reply());
  }

  @Override
  protected boolean work(long untilNanos) {
    try {
      while (reply.step()) {
        if (nanos() >= untilNanos) {
          return true;
        }
      }
    } catch (OutOfMemoryError noMemory) {
      full = noMemory;
    }
    repeat();
    return false;
  }

  @Override
  public boolean endsWithRole() {
    return false;
  }

  @Override
  public long memoryBytes() {
    return super.memoryBytes() + reply.memoryBytes();
  }

  @Override
  public void onTimeout() {
    client().reply().error(UNBLOCKED.text());
    client().flushSoon();
  }

  @Override
  protected void release() {
    reply.close();
    freeRequest();
  }
}
