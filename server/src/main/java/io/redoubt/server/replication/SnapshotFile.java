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
 * The file of a BGSAVE that replicas wait for, which must be told its length first. When it is
 * whole it is sent to each of them at its own pace. They read on from the file that it was, also
 * when the next BGSAVE has taken its place.
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
   * A file that is being written.
   *
   * @param path where it will be
   * @param id the history that it belongs to
   * @param offset the place in it
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

  /** The place in the stream that it stands for. */
  long offset() {
    return offset;
  }

  /** One more replica waits for it. */
  void add(ReplicaFeed replica) {
    waiting.add(replica);
    replica.snapshotBegins(id, offset);
  }

  /** It is whole, and where it is to be. */
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

  /** There will be no file. */
  void failed() {
    for (ReplicaFeed replica : List.copyOf(waiting)) {
      replica.failed();
      release(replica);
    }
  }

  /** Reads on where a replica stands; -1 at the end. */
  int read(ReplicaFeed replica, MemorySegment memory, long offset, int length) throws IOException {
    DiskFile reader = readers.get(replica);
    return reader == null ? -1 : reader.read(memory, offset, length);
  }

  /** A replica needs the file no longer. */
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
