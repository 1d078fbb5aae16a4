package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time for which processors have been idle that this process may use, in nanoseconds, summed
 * over all of them; negative where the system does not say. The machine's processors must be idle,
 * and the process must have left that much of what its container grants it. Reading it takes some
 * 100 microseconds. Not thread-safe.
 */
public final class IdleProcessors implements LongSupplier {
  /** The unit of the kernel's counters, on every platform: a hundredth of a second. */
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** The first line, the sum of all processors, is shorter. */
  private static final int LINE_BYTES = 256;

  /** The name {@code cpu} and the times user, nice and system come before the idle time. */
  private static final int FIELD = 4;

  private final Path file;
  private final int granted;
  private final LongSupplier nanoTime;
  private final LongSupplier usedNanos;
  private boolean read;
  private long idleBefore;
  private long unusedBefore;
  private long totalNanos;

  /** Creates a reading of this process' processors. */
  public IdleProcessors() {
    this(
        Path.of("/proc/stat"),
        Runtime.getRuntime().availableProcessors(),
        Clock.system()::monotonicNanos,
        IdleProcessors::processNanos);
  }

  /**
   * Creates a reading.
   *
   * @param file the kernel's times of all processors
   * @param granted the number of processors that the process may use
   * @param nanoTime a monotonic clock
   * @param usedNanos the processor time of the process
   */
  IdleProcessors(Path file, int granted, LongSupplier nanoTime, LongSupplier usedNanos) {
    this.file = file;
    this.granted = granted;
    this.nanoTime = nanoTime;
    this.usedNanos = usedNanos;
  }

  private static long processNanos() {
    return ProcessHandle.current().info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
  }

  @Override
  public long getAsLong() {
    long idle = machineNanos();
    if (idle < 0) {
      return -1;
    }
    long unused = granted * nanoTime.getAsLong() - usedNanos.getAsLong();
    if (read) {
      totalNanos += Math.max(0, Math.min(idle - idleBefore, unused - unusedBefore));
    }
    read = true;
    idleBefore = idle;
    unusedBefore = unused;
    return totalNanos;
  }

  private long machineNanos() {
    try (InputStream in = Files.newInputStream(file)) {
      String[] fields = new String(in.readNBytes(LINE_BYTES), US_ASCII).split(" +");
      return Long.parseLong(fields[FIELD]) * TICK_NANOS;
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return -1;
    }
  }
}
