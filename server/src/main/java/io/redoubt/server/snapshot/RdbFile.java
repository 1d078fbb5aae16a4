package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * A file that takes its name only when it is whole: written beside under a temporary name, made
 * durable, renamed. Until then the file of the name is untouched. Closing it earlier removes what
 * was written.
 */
final class RdbFile implements AutoCloseable {

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
          "Failed opening the temp RDB file %s (in server root dir %s) for saving: %s"
              .formatted(temporary.getFileName(), temporary.getParent(), SystemErrors.text(e)),
          e);
    }
  }

  void write(MemorySegment memory, long offset, long length) throws IOException {
    file.write(memory, offset, length);
    notSyncedBytes += length;
    if (syncWhileWriting && notSyncedBytes >= SYNC_EVERY_BYTES) {
      file.sync(); // in portions, so that the last sync does not stall the disk
      notSyncedBytes = 0;
    }
  }

  /** Makes the content durable; nothing more is written. */
  void sync() throws IOException {
    file.sync();
    open = false;
    file.close();
  }

  /** Gives the synchronised file its place. */
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

  /** How long it took to remove the file that did not become whole; 0 when it did. */
  long removalNanos() {
    return removalNanos;
  }
}
