package io.redoubt.server.replication.master.output;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * One replica's open file of a complete snapshot. It stays readable even after the next BGSAVE has
 * replaced the file.
 */
public final class SnapshotReader implements AutoCloseable {
  private final DiskFile file;
  private final long sizeBytes;
  private final Log log;

  public SnapshotReader(DiskFile file, long sizeBytes, Log log) {
    this.file = file;
    this.sizeBytes = sizeBytes;
    this.log = log;
  }

  /** Returns the length of the snapshot in bytes. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Reads the next bytes; returns their number, -1 at the end. */
  public int read(MemorySegment memory, long offset, int length) throws IOException {
    return file.read(memory, offset, length);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      log.warning("Can't close a snapshot for a replica: %s", SystemErrors.text(e));
    }
  }
}
