package io.redoubt.dist.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * When the machine itself stood still. A thread on each processor, with a real-time priority, wakes
 * every half millisecond; where it wakes much later, no program has run there meanwhile: the host
 * of a virtual machine has let it wait, or had to find memory for it, or the kernel was busy.
 *
 * <p>It takes the right to real-time priorities, and taskset and chrt of util-linux.
 */
final class MachineStalls implements AutoCloseable {
  /** A time by {@link System#nanoTime}. */
  record Span(long begin, long end) {
    long nanos() {
      return end - begin;
    }
  }

  private static final long LOOK_NANOS = 500_000;

  /** What is less may be the kernel's ordinary work. */
  private static final long LEAST_NANOS = 1_000_000;

  private final List<Span> spans = new ArrayList<>();
  private final CountDownLatch watching;
  private volatile boolean missing;
  private volatile boolean ended;

  private MachineStalls(int processors) {
    watching = new CountDownLatch(processors);
  }

  /** Begins to watch, if that is permitted. */
  static MachineStalls watch() throws InterruptedException {
    int processors = Runtime.getRuntime().availableProcessors();
    MachineStalls stalls = new MachineStalls(processors);
    for (int i = 0; i < processors; i++) {
      int processor = i;
      Thread.ofPlatform().daemon().start(() -> stalls.run(processor));
    }
    stalls.watching.await();
    return stalls;
  }

  /** Whether it is permitted. */
  boolean isWatching() {
    return !missing;
  }

  private void run(int processor) {
    try {
      String thread = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
      execute("taskset", "-cp", Integer.toString(processor), thread);
      execute("chrt", "--fifo", "-p", "1", thread);
    } catch (IOException e) {
      missing = true;
      return;
    } finally {
      watching.countDown();
    }
    long last = System.nanoTime();
    while (!ended) {
      LockSupport.parkNanos(this, LOOK_NANOS);
      long now = System.nanoTime();
      if (now - last - LOOK_NANOS > LEAST_NANOS) {
        note(new Span(last, now));
      }
      last = now;
    }
  }

  private static void execute(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.onExit().join().exitValue() != 0) {
      throw new IOException(command[0] + " failed");
    }
  }

  private synchronized void note(Span span) {
    spans.add(span);
    spans.sort(Comparator.comparingLong(Span::begin));
  }

  /** How much of a time one processor or another stood still, in nanoseconds. */
  synchronized long nanosWithin(Span time) {
    long sum = 0;
    long from = time.begin();
    for (Span span : spans) {
      long begin = Math.max(from, span.begin());
      long end = Math.min(time.end(), span.end());
      if (begin < end) {
        sum += end - begin;
        from = end;
      }
    }
    return sum;
  }

  @Override
  public void close() {
    ended = true;
  }
}
