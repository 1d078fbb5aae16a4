package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
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
  private final Path directory;
  private final Path temporary;
  private final Path target;
  private final boolean syncWhileWriting;
  private final DiskFile file;
  private long notSyncedBytes;
  private boolean open = true;
  private boolean done;

  RdbFile(SnapshotContext context, String temporaryName) throws IOException {
    SnapshotSettings settings = context.settings();
    this.disk = context.disk();
    this.directory = settings.directory();
    this.temporary = directory.resolve(temporaryName);
    this.target = directory.resolve(settings.fileName());
    this.syncWhileWriting = settings.syncWhileWriting();
    this.file = disk.create(temporary);
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

  /** Gives the synchronised file its name. */
  void publish() throws IOException {
    disk.rename(temporary, target);
    done = true;
    disk.syncDirectory(directory);
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
        disk.delete(temporary);
      }
    }
  }
}
