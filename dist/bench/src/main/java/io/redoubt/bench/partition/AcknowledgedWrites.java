package io.redoubt.bench.partition;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes one new key after another to the server that a directory names, and records
 * when each write was acknowledged.
 */
public final class AcknowledgedWrites implements AutoCloseable {
  /** Names the server to write to. */
  @FunctionalInterface
  public interface Directory {
    /**
     * Opens a connection to the current server.
     *
     * @throws IOException if there is none
     */
    RespClient connect() throws IOException;
  }

  private static final long PERIOD_NANOS = TimeUnit.MICROSECONDS.toNanos(500);
  private static final long AFTER_ERROR_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final int BATCH = 1000;

  private final String prefix;
  private final Directory directory;
  private final boolean followsErrors;
  private final Thread thread;

  /** The time of each acknowledgement, by the number in the key; -1 without one. */
  private final List<Long> times = new ArrayList<>();

  private final AtomicLong errors = new AtomicLong();
  private volatile @Nullable RespClient connected;
  private volatile boolean ending;

  private AcknowledgedWrites(String prefix, Directory directory, boolean followsErrors) {
    this.prefix = prefix;
    this.directory = directory;
    this.followsErrors = followsErrors;
    this.thread = Thread.ofPlatform().daemon().name("writer " + prefix).unstarted(this::write);
  }

  /**
   * Starts to write.
   *
   * @param prefix the prefix of its keys
   * @param followsErrors true if it asks the directory again after an error reply
   */
  public static AcknowledgedWrites start(
      String prefix, Directory directory, boolean followsErrors) {
    AcknowledgedWrites writes = new AcknowledgedWrites(prefix, directory, followsErrors);
    writes.thread.start();
    return writes;
  }

  private void write() {
    while (!ending) {
      try (RespClient client = directory.connect()) {
        connected = client;
        writeTo(client);
      } catch (IOException e) {
        LockSupport.parkNanos(AFTER_ERROR_NANOS);
      }
    }
  }

  private void writeTo(RespClient client) throws IOException {
    while (!ending) {
      int number = times.size();
      times.add(-1L);
      Reply reply = client.call("SET", prefix + number, Integer.toString(number));
      if (!reply.isError()) {
        times.set(number, System.nanoTime());
        LockSupport.parkNanos(PERIOD_NANOS);
        continue;
      }
      errors.incrementAndGet();
      LockSupport.parkNanos(AFTER_ERROR_NANOS);
      if (followsErrors) {
        return;
      }
    }
  }

  /** Closes the current connection, so that the directory is asked again. */
  public void disconnect() throws IOException {
    RespClient client = connected;
    if (client != null) {
      client.close();
    }
  }

  /** Stops writing; a call that waits for its reply ends by its timeout. */
  @Override
  public void close() {
    ending = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the times of the acknowledgements of a closed writer, in their order. */
  public List<Long> acknowledged() {
    return times.stream().filter(time -> time >= 0).toList();
  }

  /** Returns the times of the acknowledged writes of a closed writer that a server lacks. */
  public List<Long> lost(RespClient server) throws IOException {
    List<Long> lost = new ArrayList<>();
    for (int from = 0; from < times.size(); from += BATCH) {
      int to = Math.min(times.size(), from + BATCH);
      List<String[]> requests = new ArrayList<>();
      for (int i = from; i < to; i++) {
        requests.add(new String[] {"GET", prefix + i});
      }
      List<Reply> replies = server.pipeline(requests);
      for (int i = from; i < to; i++) {
        if (times.get(i) >= 0 && !(replies.get(i - from) instanceof Reply.Bulk)) {
          lost.add(times.get(i));
        }
      }
    }
    return lost;
  }
}
