package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The memory controller of the Linux control group that this process is in: version 2 ({@code
 * Documentation/admin-guide/cgroup-v2.rst} of the kernel) or version 1. The kernel kills a process
 * of the group when its memory reaches the limit and nothing can be reclaimed.
 */
public final class ControlGroup {
  private static final String MOUNT = "sys/fs/cgroup";

  /** The lowest value that stands for no limit: version 1 shows the largest multiple of a page. */
  private static final long NO_LIMIT_FROM = 1L << 60;

  private final Path mount;
  private final Path folder;
  private final boolean isFirstVersion;

  private ControlGroup(Path mount, Path folder, boolean isFirstVersion) {
    this.mount = mount;
    this.folder = folder;
    this.isFirstVersion = isFirstVersion;
  }

  /** Returns the group of this process, or null when there is none. */
  public static @Nullable ControlGroup ofThisProcess() {
    return below(Path.of("/"));
  }

  /** Returns the group that {@code proc} and {@code sys} below {@code root} show, or null. */
  static @Nullable ControlGroup below(Path root) {
    ControlGroup found = null;
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] fields = line.split(":", 3);
      if (fields.length < 3) {
        continue;
      }
      if (List.of(fields[1].split(",", -1)).contains("memory")) {
        return in(root.resolve(MOUNT).resolve("memory"), fields[2], true);
      }
      if (fields[0].equals("0")) {
        found = in(root.resolve(MOUNT), fields[2], false);
      }
    }
    return found;
  }

  /**
   * Returns a group below {@code mount}. In a container, {@code path} may be the host's, which does
   * not exist there; the container's own group is then the mount point itself.
   */
  private static ControlGroup in(Path mount, String path, boolean isFirstVersion) {
    Path folder = mount.resolve(path.substring(1)).normalize();
    boolean exists = folder.startsWith(mount) && Files.isDirectory(folder);
    return new ControlGroup(mount, exists ? folder : mount, isFirstVersion);
  }

  /**
   * Returns the lowest limit of the group and its ancestors; {@link Long#MAX_VALUE} if there is
   * none.
   */
  public long limitBytes() {
    if (isFirstVersion) {
      long least =
          Math.min(
              statistic("hierarchical_memory_limit", Long.MAX_VALUE),
              number(folder.resolve("memory.limit_in_bytes")));
      return least >= NO_LIMIT_FROM ? Long.MAX_VALUE : least;
    }
    long least = Long.MAX_VALUE;
    for (Path at = folder; at != null && at.startsWith(mount); at = at.getParent()) {
      least = Math.min(least, number(at.resolve("memory.max")));
    }
    return least;
  }

  /** Returns the memory of the group's processes that the kernel can't reclaim. */
  public long anonymousBytes() {
    return isFirstVersion
        ? statistic("total_rss", 0)
        : statistic("anon", 0) + statistic("shmem", 0);
  }

  private long statistic(String name, long absent) {
    for (String line : lines(folder.resolve("memory.stat"))) {
      if (line.startsWith(name) && line.startsWith(" ", name.length())) {
        return parsed(line.substring(name.length() + 1), absent);
      }
    }
    return absent;
  }

  private static long number(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? Long.MAX_VALUE : parsed(lines.getFirst(), Long.MAX_VALUE);
  }

  /** Parses a number; version 2 writes {@code max} for no limit. */
  private static long parsed(String text, long otherwise) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
