package io.redoubt.dist.benchmark;

import io.redoubt.protocol.process.ThreadTimes;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/**
 * The part of a request's latency caused by other programs or the kernel's threads: the time in
 * which the two threads that serve it, the client's and the server's loop, were runnable but not
 * running, and the server's other threads did not run either.
 */
final class RunQueueDelay implements AutoCloseable {
  private static final long FRESH_NANOS = 1_000_000;

  private final ThreadTimes client;
  private final List<ThreadTimes> server;
  private long sampledAtNanos;
  private long waitedNanos;
  private long ranByOthersNanos;

  /** Must be created by the thread that sends the requests. */
  RunQueueDelay(MeasuredServer measured) throws IOException {
    client = ThreadTimes.own();
    server = ThreadTimes.of(measured.pid());
    sample();
  }

  /** Starts a new sample between requests unless the last one is recent. */
  void refresh(long now) {
    if (now - sampledAtNanos > FRESH_NANOS) {
      sample();
    }
  }

  private void sample() {
    client.look();
    server.forEach(ThreadTimes::look);
    ThreadTimes loop = loop();
    waitedNanos = client.waitedNanos() + loop.waitedNanos();
    ranByOthersNanos = server.stream().mapToLong(ThreadTimes::ranNanos).sum() - loop.ranNanos();
    sampledAtNanos = System.nanoTime();
  }

  /** Returns the loop's thread, taken to be the one that has run most. */
  private ThreadTimes loop() {
    return server.stream().max(Comparator.comparingLong(ThreadTimes::ranNanos)).orElseThrow();
  }

  /** Returns the nanoseconds since the last sample in which other programs had the processors. */
  long nanos() {
    long waitedBefore = waitedNanos;
    long ranBefore = ranByOthersNanos;
    sample();
    return Math.max(0, waitedNanos - waitedBefore - (ranByOthersNanos - ranBefore));
  }

  @Override
  public void close() throws IOException {
    client.close();
    for (ThreadTimes thread : server) {
      thread.close();
    }
  }
}
