package io.redoubt.persistence.io;

import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;

/** Reads and writes of whole files that are small enough for memory. */
public final class WholeFile {
  private WholeFile() {}

  /**
   * Reads all bytes of a file.
   *
   * @throws IOException if that fails or the file is too large for the heap
   */
  public static byte[] read(Disk disk, Path path) throws IOException {
    try (DiskFile file = disk.read(path);
        Arena arena = Arena.ofConfined()) {
      SmallFile.check(path, file.size());
      int size = (int) file.size();
      MemorySegment memory = arena.allocate(Math.max(size, 1));
      int at = 0;
      while (at < size) {
        int read = file.read(memory, at, size - at);
        if (read < 0) {
          break;
        }
        at += read;
      }
      return memory.asSlice(0, at).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** Creates a file from these parts and syncs it; deletes it if that fails. */
  public static void write(Disk disk, Path path, byte[]... parts) throws IOException {
    long size = Arrays.stream(parts).mapToLong(part -> part.length).sum();
    try (DiskFile file = disk.create(path);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(Math.max(size, 1));
      long at = 0;
      for (byte[] part : parts) {
        MemorySegment.copy(part, 0, memory, ValueLayout.JAVA_BYTE, at, part.length);
        at += part.length;
      }
      file.write(memory, 0, size);
      file.sync();
    } catch (IOException e) {
      disk.delete(path);
      throw e;
    }
  }

  /**
   * Replaces a file durably: a crash leaves the old content or the new one, and the old one remains
   * if the write fails.
   */
  public static void replace(Disk disk, Path path, byte[] bytes) throws IOException {
    Path beside = beside(path);
    write(disk, beside, bytes);
    moveTo(disk, path, beside);
    syncDirectory(disk, path);
  }

  /** Returns the path at which the new content of a file is written before it replaces the old. */
  public static Path beside(Path path) {
    return path.resolveSibling(path.getFileName() + ".tmp");
  }

  /** Replaces a file by the new one {@linkplain #beside beside} it; deletes that if it fails. */
  public static void moveTo(Disk disk, Path path, Path beside) throws IOException {
    try {
      disk.rename(beside, path);
    } catch (IOException e) {
      disk.delete(beside);
      throw e;
    }
  }

  /** Makes the replacement of a file durable. */
  public static void syncDirectory(Disk disk, Path path) throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      disk.syncDirectory(directory);
    }
  }
}
