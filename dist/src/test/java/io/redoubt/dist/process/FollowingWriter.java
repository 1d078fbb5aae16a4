package io.redoubt.dist.process;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client that increments a counter, one request after the other, at the server that it is told to
 * write to; it counts what was acknowledged. Refused or cut off, it asks again where to write.
 */
final class FollowingWriter implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int RETRY_MILLIS = 5;

  private final Thread thread;
  private final AtomicLong acknowledged = new AtomicLong();
  private volatile boolean stopped;

  private FollowingWriter(String key, IntSupplier port) {
    thread = Thread.ofPlatform().daemon().name("writer-" + key).unstarted(() -> run(key, port));
  }

  /**
   * Starts one.
   *
   * @param port where to write; 0 when that is not known now
   */
  static FollowingWriter start(String key, IntSupplier port) {
    FollowingWriter writer = new FollowingWriter(key, port);
    writer.thread.start();
    return writer;
  }

  /** Where the sentinels say that the master is; the first one that answers counts. */
  static int namedMaster(Topology group) {
    for (Node sentinel : group.sentinels()) {
      try {
        List<Reply> address =
            List.copyOf(
                sentinel
                    .ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Topology.MASTER_NAME)
                    .elements());
        return (int) address.get(1).number();
      } catch (IOException e) {
        // The next one then.
      }
    }
    return 0;
  }

  private void run(String key, IntSupplier port) {
    RespClient client = null;
    while (!stopped) {
      try {
        if (client == null) {
          client = RespClient.connect("127.0.0.1", port.getAsInt(), TIMEOUT_MILLIS);
        }
        if (client.call("INCR", key) instanceof Reply.Integer) {
          acknowledged.incrementAndGet();
          continue;
        }
      } catch (IOException | IllegalArgumentException e) {
        // Nobody is there, or it went; what was asked last may have been done or not.
      }
      close(client);
      client = null;
      pause();
    }
    close(client);
  }

  private static void close(@Nullable RespClient client) {
    if (client != null) {
      try {
        client.close();
      } catch (IOException e) {
        // It is gone all the same.
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many increments were acknowledged so far. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** Ends it, after the request that is on; returns how many increments were acknowledged. */
  long stop() {
    stopped = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return acknowledged.get();
  }

  @Override
  public void close() {
    stop();
  }
}
