package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A file that is written under a temporary name, synced, and then renamed atomically. Closing it
 * before that deletes the temporary file.
 */
final class RdbFile implements AutoCloseable {

  /** The usual number of bytes per write. */
  static final int WRITE_BYTES = 1 << 18;

  private static final long SYNC_EVERY_BYTES = 32L << 20;

  private final Disk disk;
  private final Clock clock;
  private final SnapshotTarget target;
  private final boolean syncWhileWriting;
  private final DiskFile file;
  private long notSyncedBytes;
  private boolean open = true;
  private boolean done;
  private long removalNanos;

  RdbFile(SnapshotContext context, SnapshotTarget target) throws IOException {
    this.disk = context.disk();
    this.clock = context.clock();
    this.target = target;
    this.syncWhileWriting = context.settings().syncWhileWriting(target.isBase());
    this.file = created();
  }

  private DiskFile created() throws IOException {
    Path temporary = target.temporary();
    try {
      return disk.create(temporary);
    } catch (IOException e) {
      throw new SaveFailure(
          String.format(
              Locale.ROOT,
              "Failed opening the temp RDB file %s (in server root dir %s) for saving: %s",
              temporary.getFileName(),
              temporary.getParent(),
              SystemErrors.text(e)),
          e);
    }
  }

  void write(MemorySegment memory, long offset, long length) throws IOException {
    file.write(memory, offset, length);
    notSyncedBytes += length;
  }

  /** Syncs what was written, if that is much, so that the last sync does not stall the disk. */
  void syncSome() throws IOException {
    if (syncWhileWriting && notSyncedBytes >= SYNC_EVERY_BYTES) {
      file.sync();
      notSyncedBytes = 0;
    }
  }

  void sync() throws IOException {
    file.sync();
    open = false;
    file.close();
  }

  /** Gives the synced file its final name. */
  void publish() throws IOException {
    target.publish();
    done = true;
  }

  @Override
  public void close() throws IOException {
    try {
      if (open) {
        open = false;
        file.close();
      }
    } finally {
      if (!done) {
        long start = clock.monotonicNanos();
        disk.delete(target.temporary());
        removalNanos = clock.monotonicNanos() - start;
      }
    }
  }

  /** Returns the time it took to delete an incomplete file; 0 for a complete one. */
  long removalNanos() {
    return removalNanos;
  }
}
