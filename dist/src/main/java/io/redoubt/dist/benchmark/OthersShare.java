package io.redoubt.dist.benchmark;

import io.redoubt.protocol.process.ThreadTimes;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/**
 * How long a request waited because programs other than server and client had the processors, or
 * the kernel's own threads: for that long the two threads that serve it could have run, and did
 * not, while the server's other threads did not run either.
 */
final class OthersShare implements AutoCloseable {
  private static final long FRESH_NANOS = 1_000_000;

  private final ThreadTimes client;
  private final List<ThreadTimes> server;
  private long lookedNanos;
  private long waited;
  private long ranByThreads;

  /** To be made by the thread that sends the requests. */
  OthersShare(MeasuredServer measured) throws IOException {
    client = ThreadTimes.own();
    server = ThreadTimes.of(measured.pid());
    look();
  }

  /** To be called between requests: what comes next is counted from about here. */
  void refresh(long now) {
    if (now - lookedNanos > FRESH_NANOS) {
      look();
    }
  }

  private void look() {
    client.look();
    server.forEach(ThreadTimes::look);
    ThreadTimes loop = loop();
    waited = client.waitedNanos() + loop.waitedNanos();
    ranByThreads = server.stream().mapToLong(ThreadTimes::ranNanos).sum() - loop.ranNanos();
    lookedNanos = System.nanoTime();
  }

  /** The thread that has run most is the one that serves requests. */
  private ThreadTimes loop() {
    return server.stream().max(Comparator.comparingLong(ThreadTimes::ranNanos)).orElseThrow();
  }

  /** Of the time since the last look, that in which others had the processors; in nanoseconds. */
  long nanos() {
    long waitedBefore = waited;
    long ranBefore = ranByThreads;
    look();
    return Math.max(0, waited - waitedBefore - (ranByThreads - ranBefore));
  }

  @Override
  public void close() throws IOException {
    client.close();
    for (ThreadTimes thread : server) {
      thread.close();
    }
  }
}
