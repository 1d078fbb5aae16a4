package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;

/**
 * Files that are replaced so that a power failure leaves the old content or the new one:
 * configuration and users.
 */
public final class DurableFile {
  private DurableFile() {}

  /**
   * Replaces the content of a file, or of the target of a link, and waits until it is on disk. It
   * writes a new file next to the old one, with its owner and mode, and renames it. Where that is
   * not possible (read-only directory, foreign owner, or the file is a mount of its own, as in
   * containers), it writes in place.
   *
   * @throws IOException if the file can't be written. A full disk leaves it as it was; other
   *     failures of a write in place may not.
   */
  public static void replace(Path file, byte[] contents) throws IOException {
    Path target = Files.exists(file) ? file.toRealPath() : file;
    Path directory = target.toAbsolutePath().getParent();
    if (directory == null || !replaceAtomically(directory, target, contents)) {
      writeInPlace(target, contents);
    }
  }

  /** Returns false if that is not possible here. */
  private static boolean replaceAtomically(Path directory, Path target, byte[] contents)
      throws IOException {
    Path temporary;
    try {
      temporary = Files.createTempFile(directory, target.getFileName() + "-", ".tmp");
    } catch (IOException e) {
      return false;
    }
    boolean written = false;
    try {
      writeInPlace(temporary, contents);
      written = true;
      if (Files.exists(target)) {
        copyOwnerAndMode(target, temporary);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      if (!written) {
        throw e;
      }
      return false;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
    return true;
  }

  private static void copyOwnerAndMode(Path from, Path to) throws IOException {
    PosixFileAttributeView source = Files.getFileAttributeView(from, PosixFileAttributeView.class);
    PosixFileAttributeView copy = Files.getFileAttributeView(to, PosixFileAttributeView.class);
    if (source == null || copy == null) {
      return;
    }
    PosixFileAttributes wanted = source.readAttributes();
    PosixFileAttributes present = copy.readAttributes();
    if (!present.owner().equals(wanted.owner())) {
      copy.setOwner(wanted.owner());
    }
    if (!present.group().equals(wanted.group())) {
      copy.setGroup(wanted.group());
    }
    copy.setPermissions(wanted.permissions());
  }

  /**
   * Overwrites a file. What needs new room is written first, so that the old content is complete if
   * there is none.
   */
  private static void writeInPlace(Path file, byte[] contents) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
      long before = channel.size();
      int kept = (int) Math.min(before, contents.length);
      try {
        write(channel, kept, contents, kept, contents.length);
        channel.force(true);
      } catch (IOException e) {
        channel.truncate(before);
        throw e;
      }
      if (before > 0) {
        write(channel, 0, contents, 0, kept);
        channel.truncate(contents.length);
        channel.force(true);
      }
    }
  }

  private static void write(FileChannel channel, long at, byte[] contents, int from, int to)
      throws IOException {
    ByteBuffer rest = ByteBuffer.wrap(contents, from, to - from);
    channel.position(at);
    while (rest.hasRemaining()) {
      channel.write(rest);
    }
  }
}
