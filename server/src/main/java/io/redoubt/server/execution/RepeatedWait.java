package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.ServerStats;

/**
 * A client blocked by a command whose work is done in slices between those of other clients. At the
 * end the request is executed again, finds this wait and its result, and replies. Confined to the
 * loop.
 */
public abstract class RepeatedWait implements Waiting {
  private static final long SLICE_NANOS = 500_000;
  private static final long PAUSE_MILLIS = 5;

  /** The length of a request that is not copied if that can be avoided. */
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

  /** Creates the wait of the running command, whose request it takes over or copies. */
  protected RepeatedWait(Call call) {
    client = call.client();
    command = call.command();
    stats = call.stats();
    asking = client.isAsking();
    Request running = call.request();
    BufferMemory.Block taken =
        running.argumentBytes() < LARGE_BYTES ? null : client.surrenderInput(running);
    if (taken == null) {
      block = client.registry().memory().allocate(Math.max(running.argumentBytes(), 1));
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

  /** Works for a slice of time that ends at {@code untilNanos}; returns true if more is left. */
  protected abstract boolean work(long untilNanos);

  /** Releases what the wait has, once, whatever its end. */
  protected abstract void release();

  /** Returns the client, which may have ended. */
  protected final ServerClient client() {
    return client;
  }

  /** Returns the copy of the request, in the region. */
  protected final Request request() {
    return request;
  }

  protected final ClientRegistry registry() {
    return client.registry();
  }

  protected final Loop loop() {
    return registry().loop();
  }

  protected final long nanos() {
    return registry().clock().monotonicNanos();
  }

  /** Returns true if the client does not wait any more. */
  protected final boolean isEnded() {
    return ended;
  }

  /**
   * Returns true if the work has an outcome that the request must report, whatever would refuse the
   * command by now.
   */
  protected boolean isBinding() {
    return false;
  }

  /** Works for a slice, and continues in later turns of the loop until nothing is left. */
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

  /** Returns true if there is nothing more to do. */
  protected boolean isOver() {
    return ended;
  }

  /** Executes the request again, once no pause forbids it, and unblocks the client. */
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
    client.asking(asking);
    registry().executor().executeAgain(client, request);
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
  public final void failed(String code) {
    command.countCalls(1, 0);
    command.countFailed();
    stats.countCommand();
    stats.countError(code);
  }

  @Override
  public final void ended() {
    ended = true;
    release();
  }

  /** Frees the copy of the request; {@link #release} must call it when it needs it no more. */
  protected final void freeRequest() {
    client.registry().memory().free(block);
  }
}
