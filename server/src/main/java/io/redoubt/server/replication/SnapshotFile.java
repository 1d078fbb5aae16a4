package io.redoubt.server.replication;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The file of a BGSAVE for replicas, which need its length first. Once it is complete, it is sent
 * to each of them at its own pace. Their transfers keep the file open, so that a later BGSAVE may
 * replace it.
 */
final class SnapshotFile {
  private final Disk disk;
  private final Path path;
  private final Log log;
  private final String id;
  private final long offset;
  private final List<ReplicaFeed> waiting = new ArrayList<>();
  private final Map<ReplicaFeed, DiskFile> readers = new HashMap<>();
  private long sizeBytes;

  /**
   * Creates a file that is being written.
   *
   * @param path the path of the complete file
   * @param id the id of the replication history
   * @param offset the offset of the snapshot in that history
   */
  SnapshotFile(Disk disk, Path path, Log log, String id, long offset) {
    this.disk = disk;
    this.path = path;
    this.log = log;
    this.id = id;
    this.offset = offset;
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** Returns the offset of the snapshot in the stream. */
  long offset() {
    return offset;
  }

  /** Adds a replica that waits for the file. */
  void add(ReplicaFeed replica) {
    waiting.add(replica);
    replica.snapshotBegins(id, offset);
  }

  /** Opens the complete file for each replica and starts the transfers. */
  void complete() {
    try {
      sizeBytes = disk.size(path);
      for (ReplicaFeed replica : waiting) {
        readers.put(replica, disk.read(path));
      }
    } catch (IOException e) {
      log.warning("Can't open the snapshot for replicas: %s", SystemErrors.text(e));
      failed();
      return;
    }
    for (ReplicaFeed replica : List.copyOf(waiting)) {
      replica.sendFile(this);
    }
  }

  /** Informs the replicas of the failed save. */
  void failed() {
    for (ReplicaFeed replica : List.copyOf(waiting)) {
      replica.failed();
      release(replica);
    }
  }

  /** Reads bytes at an offset for a replica; returns their number, -1 at the end. */
  int read(ReplicaFeed replica, MemorySegment memory, long offset, int length) throws IOException {
    DiskFile reader = readers.get(replica);
    return reader == null ? -1 : reader.read(memory, offset, length);
  }

  /** Removes a replica that no longer needs the file. */
  void release(ReplicaFeed replica) {
    waiting.remove(replica);
    @Nullable DiskFile reader = readers.remove(replica);
    if (reader != null) {
      try {
        reader.close();
      } catch (IOException e) {
        log.warning("Can't close %s: %s", path, SystemErrors.text(e));
      }
    }
  }

  /** Returns true if no replica needs the file. */
  boolean isUnused() {
    return waiting.isEmpty();
  }

  boolean isFor(ReplicaFeed replica) {
    return waiting.contains(replica);
  }
}
