package io.redoubt.server.replication.master;

import io.redoubt.persistence.io.Disk;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.replication.master.output.SnapshotReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The file of a BGSAVE for replicas that need its length first. Once complete, it is sent to each
 * of them at its own pace. Each transfer keeps the file open, so that a later BGSAVE may replace
 * it.
 */
final class SnapshotFile {
  private final Disk disk;
  private final Path path;
  private final Log log;
  private final String id;
  private final long offset;
  private final List<ReplicaSync> waiting = new ArrayList<>();

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

  /** Returns the offset of the snapshot in the stream. */
  long offset() {
    return offset;
  }

  void add(ReplicaSync replica) {
    waiting.add(replica);
    replica.snapshotBegins(id, offset);
  }

  /** Opens the complete file for each replica and starts the transfers. */
  void complete() {
    List<SnapshotReader> readers = new ArrayList<>();
    try {
      long sizeBytes = disk.size(path);
      for (int i = 0; i < waiting.size(); i++) {
        readers.add(new SnapshotReader(disk.read(path), sizeBytes, log));
      }
    } catch (IOException e) {
      log.warning("Can't open the snapshot for replicas: %s", SystemErrors.text(e));
      readers.forEach(SnapshotReader::close);
      onFailure();
      return;
    }
    List<ReplicaSync> replicas = List.copyOf(waiting);
    waiting.clear();
    for (int i = 0; i < replicas.size(); i++) {
      replicas.get(i).sendFile(readers.get(i));
    }
  }

  /** Notifies the replicas of the failed save. */
  void onFailure() {
    for (ReplicaSync replica : List.copyOf(waiting)) {
      replica.onFailure();
      release(replica);
    }
  }

  /** Removes a replica that no longer needs the file. */
  void release(ReplicaSync replica) {
    waiting.remove(replica);
  }

  /** Returns true if no replica needs the file. */
  boolean isUnused() {
    return waiting.isEmpty();
  }

  boolean isFor(ReplicaSync replica) {
    return waiting.contains(replica);
  }
}
