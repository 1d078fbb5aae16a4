package io.redoubt.dist.cli.interactive;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The lines of earlier sessions, one a line as Redis' client writes them. Lines are appended, so
 * that several sessions can share the file. A session continues without a history if the file can't
 * be read or written.
 */
final class HistoryFile {
  static final int MOST_LINES = 1_000;

  private final @Nullable Path file;

  /**
   * Creates the history.
   *
   * @param file the file, or null to keep no history
   */
  HistoryFile(@Nullable Path file) {
    this.file = file;
  }

  /** Returns the latest lines, and shortens a file that holds twice as many. */
  List<String> read() {
    if (file == null || !Files.isRegularFile(file)) {
      return List.of();
    }
    try {
      // Malformed bytes, which other programs may have written, become replacement characters.
      List<String> lines = new String(Files.readAllBytes(file), UTF_8).lines().toList();
      List<String> latest = lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size());
      if (lines.size() >= 2 * MOST_LINES) {
        replace(file, latest);
      }
      return latest;
    } catch (IOException e) {
      return List.of();
    }
  }

  void add(String line) {
    if (file == null) {
      return;
    }
    try {
      if (!Files.exists(file)) {
        createPrivate(file);
      }
      Files.writeString(file, line + "\n", UTF_8, StandardOpenOption.APPEND);
    } catch (IOException e) {
      // no history then
    }
  }

  private static void replace(Path file, List<String> lines) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid());
    createPrivate(next);
    Files.write(next, lines, UTF_8);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void createPrivate(Path file) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }
}
