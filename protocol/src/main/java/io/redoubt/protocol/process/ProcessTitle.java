package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The process' name and title on Linux, as shown by {@code ps}, {@code top}, {@code pgrep} and
 * {@code ss}. A no-op on other systems.
 */
public final class ProcessTitle {
  private static final Path COMM = Path.of("/proc/self/comm");
  private static final Path STAT = Path.of("/proc/self/stat");

  /**
   * Indexes of fields of {@link #STAT} after the command. The command is the second field and may
   * hold blanks.
   */
  private static final int ARG_START = 48 - 3;

  private static final int ARG_END = ARG_START + 1;

  private ProcessTitle() {}

  /** Sets the short name; Linux keeps its first 15 bytes. */
  @SuppressWarnings("EmptyCatch")
  public static void set(String name) {
    if (!Files.isWritable(COMM)) {
      return;
    }
    try {
      Files.writeString(COMM, name, StandardOpenOption.WRITE);
    } catch (IOException e) {
      // The title is cosmetic.
    }
  }

  /**
   * Replaces the command line by a title, as setproctitle does: the title is written over the
   * arguments in this process' memory, which the JVM has copied before. A title longer than the
   * original arguments is cut.
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
      // Linux shows the text up to its NUL only if the arguments no longer end in NUL.
      arguments.set(ValueLayout.JAVA_BYTE, length - 1, (byte) '.');
    } catch (IOException | RuntimeException e) {
      // The title is cosmetic.
    }
  }
}
