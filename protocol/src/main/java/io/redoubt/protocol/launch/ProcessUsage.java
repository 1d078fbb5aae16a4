package io.redoubt.protocol.launch;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the operating system says of this process: memory and time. From Linux' {@code /proc/self}
 * (proc(5)); elsewhere, what the JVM knows.
 */
public final class ProcessUsage {
  /** Usage of this process. */
  public ProcessUsage() {}

  private static final Path STAT = Path.of("/proc/self/stat");
  private static final Path MEMORY = Path.of("/proc/meminfo");

  /** Clock ticks a second: fixed at 100 for what {@code /proc} shows. */
  private static final double TICKS_PER_SECOND = 100;

  private static final int PAGE_BYTES = 4096;

  // Numbers of the fields behind the process' name, which is in parentheses and may hold blanks.
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final int RESIDENT_PAGES = 21;

  /** Resident memory, in bytes; 0 where unknown. */
  public long residentBytes() {
    return field(RESIDENT_PAGES) * PAGE_BYTES;
  }

  /** Time spent in the process' own code, in seconds. */
  public double userSeconds() {
    return field(USER_TICKS) / TICKS_PER_SECOND;
  }

  /** Time spent in the kernel for the process, in seconds. */
  public double systemSeconds() {
    return field(SYSTEM_TICKS) / TICKS_PER_SECOND;
  }

  /** Bytes of the Java heap that are in use. */
  public static long heapBytes() {
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Memory of the machine, in bytes; 0 where unknown. */
  public static long totalMemoryBytes() {
    try {
      String line = Files.readAllLines(MEMORY).getFirst();
      return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    } catch (IOException e) {
      return 0;
    }
  }

  private static long field(int number) {
    try {
      String text = Files.readString(STAT);
      String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
      return Long.parseLong(fields[number]);
    } catch (IOException e) {
      return 0;
    }
  }
}
