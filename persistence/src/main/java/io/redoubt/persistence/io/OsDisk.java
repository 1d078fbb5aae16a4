package io.redoubt.persistence.io;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import io.redoubt.protocol.process.os.AdvisoryLock;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** The operating system's file system. */
public final class OsDisk implements Disk {

  /**
   * The most bytes written by a single system call, so that a thread can be stopped between two.
   */
  private static final int LARGEST_WRITE_BYTES = 1 << 22;

  /** The file in which Linux shows the id of the current boot. */
  private static final Path BOOT_ID_FILE = Path.of("/proc/sys/kernel/random/boot_id");

  @Override
  public DiskFile create(Path path) throws IOException {
    return new OsFile(FileChannel.open(path, WRITE, CREATE, TRUNCATE_EXISTING));
  }

  @Override
  public DiskFile append(Path path) throws IOException {
    return new OsFile(FileChannel.open(path, APPEND, CREATE));
  }

  @Override
  public DiskFile read(Path path) throws IOException {
    return new OsFile(FileChannel.open(path, READ));
  }

  @Override
  public Optional<Closeable> lock(Path path) throws IOException {
    FileChannel.open(path, WRITE, CREATE).close();
    return AdvisoryLock.tryLock(path).map(lock -> lock);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    Files.move(from, to, ATOMIC_MOVE);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return Files.deleteIfExists(path);
  }

  @Override
  public boolean createDirectory(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return false;
    }
    Files.createDirectory(path);
    return true;
  }

  @Override
  public boolean isDirectory(Path path) {
    return Files.isDirectory(path);
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path);
  }

  @Override
  public long size(Path path) throws IOException {
    return Files.size(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    if (directory.getFileSystem().getSeparator().equals("\\")) {
      return; // Windows can't open directories, and needs no sync of them
    }
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  @Override
  public Optional<UUID> bootId() {
    try {
      return Optional.of(UUID.fromString(Files.readString(BOOT_ID_FILE).strip()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private record OsFile(FileChannel channel) implements DiskFile {

    @Override
    public int read(MemorySegment memory, long offset, int length) throws IOException {
      return channel.read(memory.asSlice(offset, length).asByteBuffer());
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      long end = offset + length;
      for (long at = offset; at < end; ) {
        long step = Math.min(end - at, LARGEST_WRITE_BYTES);
        ByteBuffer bytes = memory.asSlice(at, step).asByteBuffer();
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        at += step;
      }
    }

    @Override
    public void sync() throws IOException {
      channel.force(false);
    }

    @Override
    public void seek(long bytes) throws IOException {
      channel.position(bytes);
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      channel.truncate(sizeBytes);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
