package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.OsDisk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/** The disk of the machine with faults that a test switches on. */
final class FailingDisk implements Disk {

  private final Disk disk = new OsDisk();

  /** Bytes that may still be written; then the disk is full. */
  volatile long roomBytes = Long.MAX_VALUE;

  volatile boolean failSync;
  volatile boolean failRename;
  volatile boolean failCreate;

  private static IOException fault(String text) {
    return new IOException(text);
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    if (failCreate) {
      throw fault("Permission denied");
    }
    return new FaultFile(disk.create(path));
  }

  @Override
  public DiskFile append(Path path) throws IOException {
    return new FaultFile(disk.append(path));
  }

  @Override
  public DiskFile read(Path path) throws IOException {
    return disk.read(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    if (failRename) {
      throw fault("Input/output error");
    }
    disk.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return disk.delete(path);
  }

  @Override
  public boolean createDirectory(Path path) throws IOException {
    return disk.createDirectory(path);
  }

  @Override
  public boolean isDirectory(Path path) {
    return disk.isDirectory(path);
  }

  @Override
  public boolean exists(Path path) {
    return disk.exists(path);
  }

  @Override
  public List<Path> list(Path directory) throws IOException {
    return disk.list(directory);
  }

  @Override
  public long size(Path path) throws IOException {
    return disk.size(path);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    disk.syncDirectory(directory);
  }

  private final class FaultFile implements DiskFile {
    private final DiskFile file;

    FaultFile(DiskFile file) {
      this.file = file;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length) throws IOException {
      return file.read(memory, offset, length);
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      long fits = Math.min(roomBytes, length);
      file.write(memory, offset, fits);
      roomBytes -= fits;
      if (fits < length) {
        throw fault("No space left on device");
      }
    }

    @Override
    public void sync() throws IOException {
      if (failSync) {
        throw fault("Input/output error");
      }
      file.sync();
    }

    @Override
    public long position() throws IOException {
      return file.position();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      file.truncate(sizeBytes);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
