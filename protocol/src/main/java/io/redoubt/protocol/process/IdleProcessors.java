package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time for which the machine's processors have been idle, in nanoseconds, summed over all of
 * them; negative where the system does not say. Reading it takes some 100 microseconds.
 */
public final class IdleProcessors implements LongSupplier {
  /** The unit of the kernel's counters, on every platform: a hundredth of a second. */
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  /** The first line, the sum of all processors, is shorter. */
  private static final int LINE_BYTES = 256;

  /** The name {@code cpu} and the times user, nice and system come before the idle time. */
  private static final int FIELD = 4;

  private final Path file;

  public IdleProcessors() {
    this(Path.of("/proc/stat"));
  }

  IdleProcessors(Path file) {
    this.file = file;
  }

  @Override
  public long getAsLong() {
    try (InputStream in = Files.newInputStream(file)) {
      String[] fields = new String(in.readNBytes(LINE_BYTES), US_ASCII).split(" +");
      return Long.parseLong(fields[FIELD]) * TICK_NANOS;
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return -1;
    }
  }
}
