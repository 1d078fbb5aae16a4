package io.redoubt.server.replication;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.snapshot.SnapshotSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot written to a temporary file, for replicas that must be told its length first. When it
 * is whole it is sent to each of them at its own pace; the last one to finish removes it.
 */
final class SnapshotFile implements SnapshotSink {
  private final Disk disk;
  private final Path path;
  private final Log log;
  private final Consumer<SnapshotFile> whenFailed;
  private final List<ReplicaFeed> waiting;
  private final Map<ReplicaFeed, DiskFile> readers = new HashMap<>();
  private @Nullable DiskFile writer;
  private long sizeBytes;

  /**
   * Creates the file.
   *
   * @param whenFailed is told when the file can't be written further
   * @throws IOException when it can't be created
   */
  SnapshotFile(
      Disk disk, Path path, Log log, List<ReplicaFeed> replicas, Consumer<SnapshotFile> whenFailed)
      throws IOException {
    this.disk = disk;
    this.path = path;
    this.log = log;
    this.whenFailed = whenFailed;
    this.waiting = new ArrayList<>(replicas);
    writer = disk.create(path);
  }

  long sizeBytes() {
    return sizeBytes;
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public void bytes(MemorySegment memory, long offset, long length) {
    if (writer == null) {
      return;
    }
    try {
      writer.write(memory, offset, length);
      sizeBytes += length;
    } catch (IOException e) {
      log.warning("Error writing the snapshot for replicas: %s", e.getMessage());
      closeWriter();
      whenFailed.accept(this);
    }
  }

  @Override
  public void complete() {
    if (writer == null) {
      return;
    }
    closeWriter();
    try {
      for (ReplicaFeed replica : waiting) {
        readers.put(replica, disk.read(path));
      }
    } catch (IOException e) {
      log.warning("Can't open the snapshot for replicas: %s", e.getMessage());
      failed();
      return;
    }
    for (ReplicaFeed replica : List.copyOf(waiting)) {
      replica.sendFile(this);
    }
    removeIfDone();
  }

  @Override
  public void failed() {
    closeWriter();
    for (ReplicaFeed replica : List.copyOf(waiting)) {
      replica.failed();
      release(replica);
    }
    removeIfDone();
  }

  /** Reads on where a replica stands; -1 at the end. */
  int read(ReplicaFeed replica, MemorySegment memory, long offset, int length) throws IOException {
    DiskFile reader = readers.get(replica);
    return reader == null ? -1 : reader.read(memory, offset, length);
  }

  /**
   * A replica needs the file no longer.
   *
   * @return whether none is left that does
   */
  boolean release(ReplicaFeed replica) {
    waiting.remove(replica);
    DiskFile reader = readers.remove(replica);
    if (reader != null) {
      close(reader);
    }
    removeIfDone();
    return waiting.isEmpty();
  }

  boolean isFor(ReplicaFeed replica) {
    return waiting.contains(replica);
  }

  private void removeIfDone() {
    if (!waiting.isEmpty() || writer != null) {
      return;
    }
    try {
      disk.delete(path);
    } catch (IOException e) {
      log.warning("Can't remove %s: %s", path, e.getMessage());
    }
  }

  private void closeWriter() {
    if (writer != null) {
      close(writer);
      writer = null;
    }
  }

  private void close(DiskFile file) {
    try {
      file.close();
    } catch (IOException e) {
      log.warning("Can't close %s: %s", path, e.getMessage());
    }
  }
}
