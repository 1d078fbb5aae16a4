package io.redoubt.protocol.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * The process' memory and processor time, from {@code /proc/self} (proc(5)); 0 where unavailable.
 * Confined to one thread.
 */
public final class ProcessUsage {
  private static final Path STAT = Path.of("/proc/self/stat");
  private static final Path THREAD_STAT = Path.of("/proc/thread-self/stat");
  private static final Path MEMORY = Path.of("/proc/meminfo");

  /** Clock ticks per second: always 100 in {@code /proc}. */
  private static final double TICKS_PER_SECOND = 100;

  private static final int PAGE_BYTES = 4096;

  /**
   * The age up to which numbers are shown again: the resolution of the ticks. Reading the files
   * took 8 % of repeated INFOs when it was a millisecond.
   */
  private static final long MAX_AGE_NANOS = 10_000_000;

  // Indexes of fields after the process' name, which is in parentheses and may hold blanks.
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final int CHILDREN_USER_TICKS = 13;
  private static final int CHILDREN_SYSTEM_TICKS = 14;
  private static final int RESIDENT_PAGES = 21;

  private final StatFile process;
  private final StatFile thread;
  private final long totalMemoryBytes = readTotalMemory();

  /** Creates the usage of this process; {@code nanoTime} is a monotonic clock. */
  public ProcessUsage(LongSupplier nanoTime) {
    process = new StatFile(STAT, nanoTime);
    thread = new StatFile(THREAD_STAT, nanoTime);
  }

  /** Returns the resident memory in bytes; 0 if unknown. */
  public long residentBytes() {
    return process.number(RESIDENT_PAGES) * PAGE_BYTES;
  }

  /** Returns the seconds spent in user code. */
  public double userSeconds() {
    return process.number(USER_TICKS) / TICKS_PER_SECOND;
  }

  /** Returns the seconds spent in the kernel. */
  public double systemSeconds() {
    return process.number(SYSTEM_TICKS) / TICKS_PER_SECOND;
  }

  /** Returns the seconds that ended child processes spent in user code. */
  public double childrenUserSeconds() {
    return process.number(CHILDREN_USER_TICKS) / TICKS_PER_SECOND;
  }

  /** Returns the seconds that ended child processes spent in the kernel. */
  public double childrenSystemSeconds() {
    return process.number(CHILDREN_SYSTEM_TICKS) / TICKS_PER_SECOND;
  }

  /** Returns the seconds that the calling thread spent in user code. */
  public double threadUserSeconds() {
    return thread.number(USER_TICKS) / TICKS_PER_SECOND;
  }

  /** Returns the seconds that the calling thread spent in the kernel. */
  public double threadSystemSeconds() {
    return thread.number(SYSTEM_TICKS) / TICKS_PER_SECOND;
  }

  /** Returns the bytes of the Java heap in use. */
  public static long heapBytes() {
    Runtime heap = Runtime.getRuntime();
    return heap.totalMemory() - heap.freeMemory();
  }

  /** Returns the machine's memory in bytes as of the start; 0 if unknown. */
  public long totalMemoryBytes() {
    return totalMemoryBytes;
  }

  /** Reads the machine's memory in bytes, which takes the kernel a while; 0 if unknown. */
  public static long readTotalMemory() {
    try {
      String line = Files.readAllLines(MEMORY).getFirst();
      String kilobytes = line.substring(line.indexOf(':') + 1, line.lastIndexOf(' '));
      return Long.parseLong(kilobytes.strip()) * 1024;
    } catch (IOException e) {
      return 0;
    }
  }

  /** A file of counters that is read again when its numbers are old. */
  private static final class StatFile {
    private final Path file;
    private final LongSupplier nanoTime;
    private long[] fields = {};
    private long readNanos;

    StatFile(Path file, LongSupplier nanoTime) {
      this.file = file;
      this.nanoTime = nanoTime;
    }

    long number(int index) {
      long nowNanos = nanoTime.getAsLong();
      if (fields.length == 0 || nowNanos - readNanos > MAX_AGE_NANOS) {
        fields = read();
        readNanos = nowNanos;
      }
      return index < fields.length ? fields[index] : 0;
    }

    private long[] read() {
      try {
        String text = Files.readString(file);
        String[] words = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        long[] numbers = new long[Math.min(words.length, RESIDENT_PAGES + 1)];
        for (int i = 1; i < numbers.length; i++) { // the first is the state
          numbers[i] = Long.parseLong(words[i]);
        }
        return numbers;
      } catch (IOException e) {
        return new long[0];
      }
    }
  }
}
