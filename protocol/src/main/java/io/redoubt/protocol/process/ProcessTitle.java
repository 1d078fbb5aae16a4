package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The names by which {@code ps}, {@code top}, {@code pgrep} and {@code ss} show this process on
 * Linux. Elsewhere the process keeps its own.
 */
public final class ProcessTitle {
  private static final Path COMM = Path.of("/proc/self/comm");
  private static final Path STAT = Path.of("/proc/self/stat");

  /** Fields of {@link #STAT} after the command, which is the second one and may hold blanks. */
  private static final int ARG_START = 48 - 3;

  private static final int ARG_END = ARG_START + 1;

  private ProcessTitle() {}

  /** Takes a short name, of which Linux keeps 15 bytes. */
  @SuppressWarnings("EmptyCatch")
  public static void set(String name) {
    if (!Files.isWritable(COMM)) {
      return;
    }
    try {
      Files.writeString(COMM, name, StandardOpenOption.WRITE);
    } catch (IOException e) {
      // Only the look of the process suffers.
    }
  }

  /**
   * Takes a title in place of the command line, as setproctitle does: it is written over the
   * arguments in this process' memory, of which the JVM has made its own copies long before. The
   * options of the JVM are longer than any title; one that does not fit is cut.
   */
  @SuppressWarnings({"EmptyCatch", "restricted"}) // the launchers enable native access
  public static void show(String title) {
    try {
      String stat = Files.readString(STAT);
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long start = Long.parseLong(fields[ARG_START]);
      long length = Long.parseLong(fields[ARG_END]) - start;
      if (start == 0 || length < 2) {
        return;
      }
      MemorySegment arguments = MemorySegment.ofAddress(start).reinterpret(length);
      byte[] bytes = title.replace('\0', ' ').getBytes(UTF_8);
      int shown = (int) Math.min(bytes.length, length - 2);
      MemorySegment.copy(bytes, 0, arguments, ValueLayout.JAVA_BYTE, 0, shown);
      arguments.asSlice(shown).fill((byte) 0);
      // Linux shows the text up to its NUL if the arguments don't end in NUL any more.
      arguments.set(ValueLayout.JAVA_BYTE, length - 1, (byte) '.');
    } catch (IOException | RuntimeException e) {
      // Only the look of the process suffers.
    }
  }
}
