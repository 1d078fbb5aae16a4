package io.redoubt.dist.process;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A client that repeats a request on the current master, such as an increment, and counts the
 * acknowledged ones. It looks up the master again after an error or a disconnect.
 */
final class FollowingWriter implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int RETRY_MILLIS = 5;

  /** A request to a master. */
  interface RepeatedRequest {
    /** Sends the request; returns true if it is acknowledged. */
    boolean isAcknowledged(RespClient client) throws IOException;
  }

  private final Thread thread;
  private final AtomicLong acknowledged = new AtomicLong();
  private volatile boolean stopped;

  private FollowingWriter(String name, RepeatedRequest request, IntSupplier port) {
    thread =
        Thread.ofPlatform().daemon().name("writer-" + name).unstarted(() -> run(request, port));
  }

  /**
   * Starts a writer that increments a counter.
   *
   * @param port returns the master's port, or 0 if it is unknown
   */
  static FollowingWriter start(String key, IntSupplier port) {
    return start(key, client -> client.call("INCR", key) instanceof Reply.Integer, port);
  }

  /**
   * Starts a writer.
   *
   * @param port returns the master's port, or 0 if it is unknown
   */
  static FollowingWriter start(String name, RepeatedRequest request, IntSupplier port) {
    FollowingWriter writer = new FollowingWriter(name, request, port);
    writer.thread.start();
    return writer;
  }

  /** Returns the master's port according to the first sentinel that answers. */
  static int namedMaster(Topology group) {
    for (NodeProcess sentinel : group.sentinels()) {
      try {
        List<Reply> address =
            List.copyOf(
                sentinel
                    .ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Topology.MASTER_NAME)
                    .elements());
        return (int) address.get(1).number();
      } catch (IOException e) {
        // Asks the next one.
      }
    }
    return 0;
  }

  private void run(RepeatedRequest request, IntSupplier port) {
    RespClient client = null;
    while (!stopped) {
      try {
        if (client == null) {
          client = RespClient.connect("127.0.0.1", port.getAsInt(), TIMEOUT_MILLIS);
        }
        if (request.isAcknowledged(client)) {
          acknowledged.incrementAndGet();
          continue;
        }
      } catch (IOException | IllegalArgumentException e) {
        // Unreachable or disconnected: the last request may have been executed or not.
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
        // Closed anyway.
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY_MILLIS); // as a client does before it looks up the master again
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the number of acknowledged requests so far. */
  long acknowledged() {
    return acknowledged.get();
  }

  /** Stops after the request in flight and returns the number of acknowledged requests. */
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
