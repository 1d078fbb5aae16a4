package io.redoubt.bench.measure;

import io.redoubt.protocol.process.ThreadCpuTimes;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/**
 * The part of a request's latency that other programs or kernel threads caused: the time in which
 * both threads that serve it, the client's and the server's loop, were runnable but not running,
 * and the server's other threads did not run either.
 */
public final class RunQueueDelay implements AutoCloseable {
  private static final long FRESH_NANOS = 1_000_000;

  private final ThreadCpuTimes client;
  private final List<ThreadCpuTimes> server;
  private long sampledAtNanos;
  private long waitedNanos;
  private long ranByOthersNanos;

  /** Must be created by the thread that sends the requests. */
  public RunQueueDelay(MeasuredServer measured) throws IOException {
    client = ThreadCpuTimes.ofCallingThread();
    server = ThreadCpuTimes.of(measured.pid());
    sample();
  }

  /** Starts a new sample between requests unless the last one is recent. */
  public void refresh(long now) {
    if (now - sampledAtNanos > FRESH_NANOS) {
      sample();
    }
  }

  private void sample() {
    client.update();
    server.forEach(ThreadCpuTimes::update);
    ThreadCpuTimes loop = loop();
    waitedNanos = client.waitedNanos() + loop.waitedNanos();
    ranByOthersNanos = server.stream().mapToLong(ThreadCpuTimes::ranNanos).sum() - loop.ranNanos();
    sampledAtNanos = System.nanoTime();
  }

  /** Returns the loop's thread, assumed to be the one with the most processor time. */
  private ThreadCpuTimes loop() {
    return server.stream().max(Comparator.comparingLong(ThreadCpuTimes::ranNanos)).orElseThrow();
  }

  /** Returns the nanoseconds since the last sample in which other programs had the processors. */
  public long nanos() {
    long waitedBefore = waitedNanos;
    long ranBefore = ranByOthersNanos;
    sample();
    return Math.max(0, waitedNanos - waitedBefore - (ranByOthersNanos - ranBefore));
  }

  @Override
  public void close() throws IOException {
    client.close();
    for (ThreadCpuTimes thread : server) {
      thread.close();
    }
  }
}
