package io.redoubt.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/**
 * Detects stalls of the machine itself. One real-time thread per processor wakes every half
 * millisecond. If it wakes much later, no program ran on that processor: the host of the virtual
 * machine suspended it or had to find memory for it, or the kernel was busy.
 *
 * <p>Requires permission for real-time priorities, and taskset and chrt of util-linux.
 */
public final class MachineStalls implements AutoCloseable {
  /** An interval of {@link System#nanoTime}. */
  public record Span(long start, long end) {
    public long nanos() {
      return end - start;
    }
  }

  private static final long PERIOD_NANOS = 500_000;

  /** Shorter delays may be ordinary work of the kernel. */
  private static final long MIN_STALL_NANOS = 1_000_000;

  private final List<Span> spans = new ArrayList<>();
  private final CountDownLatch watching;
  private volatile boolean missing;
  private volatile boolean stopped;

  private MachineStalls(int processors) {
    watching = new CountDownLatch(processors);
  }

  /** Starts watching if real-time priorities are permitted. */
  public static MachineStalls watch() throws InterruptedException {
    int processors = Runtime.getRuntime().availableProcessors();
    MachineStalls stalls = new MachineStalls(processors);
    for (int i = 0; i < processors; i++) {
      int processor = i;
      Thread.ofPlatform().daemon().start(() -> stalls.run(processor));
    }
    stalls.watching.await();
    return stalls;
  }

  /** Returns true if real-time priorities are permitted. */
  public boolean isWatching() {
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
    while (!stopped) {
      LockSupport.parkNanos(this, PERIOD_NANOS);
      long now = System.nanoTime();
      if (now - last - PERIOD_NANOS > MIN_STALL_NANOS) {
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
    spans.sort(Comparator.comparingLong(Span::start));
  }

  /** Returns the nanoseconds of an interval in which at least one processor was stalled. */
  public synchronized long nanosWithin(Span time) {
    long sum = 0;
    long from = time.start();
    for (Span span : spans) {
      long start = Math.max(from, span.start());
      long end = Math.min(time.end(), span.end());
      if (start < end) {
        sum += end - start;
        from = end;
      }
    }
    return sum;
  }

  @Override
  public void close() {
    stopped = true;
  }
}
