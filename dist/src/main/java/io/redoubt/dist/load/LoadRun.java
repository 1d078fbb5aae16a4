package io.redoubt.dist.load;

import io.redoubt.dist.client.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One run of a test: the state that its threads share, and the sum of their measurements. */
final class LoadRun {
  final Target target;
  final LoadOptions options;
  final RequestTemplate request;
  final AtomicLong issued = new AtomicLong();
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
  private final List<LoadThread> threads = new ArrayList<>();

  LoadRun(Target target, LoadOptions options, RequestTemplate request) {
    this.target = target;
    this.options = options;
    this.request = request;
    int count = Math.max(1, options.threads);
    for (int i = 0; i < count; i++) {
      int clients = options.clients / count + (i < options.clients % count ? 1 : 0);
      if (clients > 0) {
        threads.add(new LoadThread(this, clients));
      }
    }
  }

  /** Ends the run with an error; the first one counts. */
  void fail(String message) {
    failure.compareAndSet(null, message);
  }

  /** Returns true if a thread has failed, so that all must stop. */
  boolean hasFailed() {
    return failure.get() != null;
  }

  void connect() throws LoadException {
    for (LoadThread thread : threads) {
      thread.connect();
    }
  }

  /**
   * Runs the test to its end.
   *
   * @param progress called every 250 ms
   * @return the duration in milliseconds
   */
  long run(Runnable progress) throws LoadException, InterruptedException {
    long started = System.nanoTime();
    List<Thread> running = new ArrayList<>();
    for (LoadThread thread : threads) {
      running.add(Thread.ofPlatform().daemon().name("load").start(thread));
    }
    progress.run();
    for (Thread thread : running) {
      while (!thread.join(Duration.ofMillis(250))) {
        progress.run();
      }
    }
    String message = failure.get();
    if (message != null) {
      throw new LoadException(message);
    }
    return (System.nanoTime() - started) / 1_000_000;
  }

  /** Returns the number of replies received so far. */
  long finished() {
    return threads.stream().mapToLong(LoadThread::finished).sum();
  }

  /** Returns the sum of the latencies so far, in microseconds. */
  long latencyMicros() {
    return threads.stream().mapToLong(LoadThread::latencyMicros).sum();
  }

  /** Returns the latencies in microseconds, once the run has ended. */
  MicrosHistogram latencies() {
    MicrosHistogram all = new MicrosHistogram(options.precision);
    for (LoadThread thread : threads) {
      all.add(thread.latencies());
    }
    return all;
  }
}
