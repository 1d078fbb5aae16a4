package io.redoubt.server;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.ForwardingDisk;
import io.redoubt.persistence.io.ForwardingFile;
import io.redoubt.protocol.process.BlockingSleep;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Stream;

/** The file system, with delays and failures for syncs and writes of append-only files. */
public final class HeldDisk extends ForwardingDisk {
  private final ReentrantReadWriteLock syncs = new ReentrantReadWriteLock();
  private final AtomicInteger syncCount = new AtomicInteger();
  private volatile boolean full;
  private volatile long syncMillis;

  /** Blocks syncs until this thread calls {@link #release}. */
  public void hold() {
    syncs.writeLock().lock();
  }

  public void release() {
    syncs.writeLock().unlock();
  }

  /** Returns true if a sync waits for the release. */
  public boolean isSyncWaiting() {
    return syncs.hasQueuedThreads();
  }

  /** Returns the number of syncs so far. */
  int syncCount() {
    return syncCount.get();
  }

  /** Delays each sync. */
  void slow(long millis) {
    syncMillis = millis;
  }

  /** Makes writes to incremental files, journals and manifests fail halfway. */
  void setFull(boolean on) {
    full = on;
  }

  private DiskFile held(Path path, DiskFile file) {
    String name = path.toString();
    boolean isHeld = Stream.of(".incr.aof", ".journal", ".manifest").anyMatch(name::endsWith);
    return isHeld ? new HeldFile(file) : file;
  }

  @Override
  public DiskFile create(Path path) throws IOException {
    return held(path, super.create(path));
  }

  @Override
  public DiskFile append(Path path) throws IOException {
    return held(path, super.append(path));
  }

  private final class HeldFile extends ForwardingFile {
    HeldFile(DiskFile file) {
      super(file);
    }

    @Override
    public void write(MemorySegment memory, long offset, long length) throws IOException {
      if (full) {
        super.write(memory, offset, length / 2);
        throw new IOException("No space left on device");
      }
      super.write(memory, offset, length);
    }

    @Override
    public void sync() throws IOException {
      syncCount.incrementAndGet();
      BlockingSleep.ofMillis(syncMillis);
      syncs.readLock().lock();
      try {
        super.sync();
      } finally {
        syncs.readLock().unlock();
      }
    }
  }
}
