package io.redoubt.server;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.OsDisk;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The system's disk, on which the syncs of append-only files can be held up, and writes refused.
 */
final class HeldDisk implements Disk {
  private final Disk disk = new OsDisk();
  private final ReentrantReadWriteLock syncs = new ReentrantReadWriteLock();
  private volatile boolean full;

  /** Holds syncs up until {@link #release}; by the same thread. */
  void hold() {
    syncs.writeLock().lock();
  }

  void release() {
    syncs.writeLock().unlock();
  }

  /** Whether a sync waits for the release. */
  boolean isSyncWaiting() {
    return syncs.hasQueuedThreads();
  }

  /** Has writes to incremental files fail half-way. */
  void full(boolean on) {
    full = on;
  }

  private DiskFile held(Path path, DiskFile file) {
    return path.toString().endsWith(".incr.aof") ? new HeldFile(file) : file;
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    return held(path, disk.create(path));
  }

  @Override
  public DiskFile append(Path path) throws IOException {
    return held(path, disk.append(path));
  }

  @Override
  public DiskFile read(Path path) throws IOException {
    return disk.read(path);
  }

  @Override
  public void rename(Path from, Path to) throws IOException {
    disk.rename(from, to);
  }

  @Override
  public boolean delete(Path path) throws IOException {
    return disk.delete(path);
  }

  @Override
  public boolean exists(Path path) {
    return disk.exists(path);
  }

  @Override
  public boolean isDirectory(Path path) {
    return disk.isDirectory(path);
  }

  @Override
  public boolean createDirectory(Path path) throws IOException {
    return disk.createDirectory(path);
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

  private final class HeldFile implements DiskFile {
    private final DiskFile file;

    HeldFile(DiskFile file) {
      this.file = file;
    }

    @Override
    public int read(MemorySegment memory, long offset, int length) throws IOException {
      return file.read(memory, offset, length);
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      if (full) {
        file.write(memory, offset, length / 2);
        throw new IOException("No space left on device");
      }
      file.write(memory, offset, length);
    }

    @Override
    public void sync() throws IOException {
      syncs.readLock().lock();
      try {
        file.sync();
      } finally {
        syncs.readLock().unlock();
      }
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
