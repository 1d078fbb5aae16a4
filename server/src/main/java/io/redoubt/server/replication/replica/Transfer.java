package io.redoubt.server.replication.replica;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.flight.FullSyncEvent;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.loading.RdbFileLoad;
import io.redoubt.server.loading.RdbLoader;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.SpareDataSet;
import io.redoubt.server.replication.stream.LogLine;
import io.redoubt.server.replication.stream.TransferFraming;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ReplicationDirectives.DisklessLoad;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The transfer of a master's data set: received into a temporary file and then loaded in slices, or
 * loaded as it arrives, according to {@code repl-diskless-load}.
 */
public final class Transfer implements TransferFraming.Sink {
  /**
   * A master's data set in its history.
   *
   * @param id the id of the history, null if the master sends none
   * @param offset the offset of the data set in that history
   * @param sameHistory true if the current data set is an older one of the same history
   */
  record Origin(@Nullable String id, long offset, boolean sameHistory) {}

  private static final long SLICE_NANOS = 5_000_000;

  private static final long SYNC_EVERY_BYTES = 8L << 20;

  /** The maximum size of a file that is checked for being empty; a larger one must contain keys. */
  private static final long LARGEST_EMPTY_BYTES = 4 << 20;

  private final Clock clock;
  private final Log log;
  private final ServerDirectives settings;
  private final MasterConnector connector;
  private final ReplicatedDataSet dataSet;
  private final Disk disk;
  private final ServerState state;
  private final ReplicaChanges changes;
  private final Origin origin;

  private final TransferFraming framing;

  /** The buffer of the interleaved stream; null if interleaving was not offered. */
  private final @Nullable StreamAhead ahead;

  /** True if the interleaved stream could not be buffered. */
  private boolean aheadFailed;

  private boolean begun;
  private @Nullable Path path;
  private @Nullable DiskFile file;
  private long notSyncedBytes;
  private @Nullable RdbLoader onArrival;
  private @Nullable RdbFileLoad fromFile;
  private boolean loading;

  /** The data set being loaded beside the served one; null if the load replaces that in place. */
  private @Nullable SpareDataSet spare;

  private boolean refused;
  private @Nullable ReplicationPoint point;
  private @Nullable LogLine failure;

  /** The full sync as an event of a running flight recording. */
  private @Nullable FullSyncEvent event;

  /**
   * Creates a transfer before its first byte.
   *
   * @param ahead the buffer of the interleaved stream; null if interleaving was not offered
   */
  Transfer(
      Environment environment,
      ServerDirectives settings,
      MasterConnector connector,
      ReplicatedDataSet dataSet,
      ServerState state,
      ReplicaChanges changes,
      Origin origin,
      @Nullable StreamAhead ahead) {
    this.clock = environment.clock();
    this.log = environment.log();
    this.settings = settings;
    this.connector = connector;
    this.dataSet = dataSet;
    SnapshotContext context = dataSet.context();
    disk = context.disk();
    this.state = state;
    this.changes = changes;
    this.origin = origin;
    this.ahead = ahead;
    framing = new TransferFraming(ahead != null);
    if (FlightRecording.isOn()) {
      event = FullSyncEvent.start("replica", master(settings));
    }
  }

  private static String master(ServerDirectives settings) {
    HostPort master = settings.replication.replicaof.value();
    return master == null ? "" : master.host() + ":" + master.port();
  }

  /** Ends the event of a flight recording. */
  void endEvent(boolean success) {
    if (event != null) {
      event.end(success);
      event = null;
    }
  }

  @Nullable String id() {
    return origin.id();
  }

  long offset() {
    return origin.offset();
  }

  /** Returns the length of the data in bytes, -1 if the master does not announce it. */
  public long totalBytes() {
    return framing.totalBytes();
  }

  public long receivedBytes() {
    return framing.payloadBytes();
  }

  /** Returns true if the master produced the data while sending it. */
  boolean isMadeAsSent() {
    return framing.isMarked() || framing.isInterleaved();
  }

  /** Returns true if the stream is interleaved with the data. */
  public boolean isInterleaved() {
    return framing.isInterleaved();
  }

  /** Returns true if the interleaved stream could not be buffered. */
  boolean hasLostStream() {
    return aheadFailed;
  }

  /** Returns true once all data has been received; it is then being loaded. */
  boolean isReceived() {
    return framing.state() == TransferFraming.State.COMPLETE;
  }

  /** Returns true if valid data was refused because it would have emptied this server. */
  boolean isRefused() {
    return refused;
  }

  /** Returns the reason of the failure, null unless the transfer failed. */
  @Nullable LogLine failure() {
    return failure;
  }

  /** Returns the position in the master's history recorded in the data, once it has been loaded. */
  @Nullable ReplicationPoint point() {
    return point;
  }

  /**
   * Receives bytes from the master.
   *
   * @return the end of the transfer's bytes; the stream follows
   */
  long receive(MemorySegment memory, long from, long to) {
    long rest = framing.feed(memory, from, to, this);
    if (framing.failure() != null) {
      failure = framing.failure();
    } else if (framing.state() == TransferFraming.State.COMPLETE && failure == null) {
      begin(); // the payload is empty
    }
    return rest;
  }

  /** Logs the loss of the connection before all data was received. */
  void cut() {
    if (onArrival != null) {
      log.warning(
          "Internal error in RDB reading offset %d -> Unexpected EOF reading RDB file",
          onArrival.offset());
    }
  }

  @Override
  public void commands(MemorySegment memory, long from, long length) {
    if (ahead == null || failure != null) {
      return;
    }
    try {
      ahead.add(memory, from, length);
    } catch (IOException e) {
      aheadFailed = true;
      fail(
          "The interleaved stream of the MASTER <-> REPLICA synchronization can't be buffered: "
              + SystemErrors.text(e));
    }
  }

  @Override
  public void payload(MemorySegment memory, long from, long length) {
    begin();
    if (failure != null) {
      return;
    }
    try {
      if (file != null) {
        file.write(memory, from, length);
        notSyncedBytes += length;
        if (notSyncedBytes >= SYNC_EVERY_BYTES) {
          file.sync(); // in portions, so that the last sync is short
          notSyncedBytes = 0;
        }
      } else if (onArrival != null) {
        onArrival.feed(memory, from, length);
        dataSet.progress().onProgress(onArrival);
      }
    } catch (IOException e) {
      fail(
          "Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA"
              + " synchronization: "
              + SystemErrors.text(e));
    } catch (RdbException e) {
      failLoad(e);
    }
  }

  private void begin() {
    if (begun) {
      return;
    }
    begun = true;
    boolean asItComes = isDirect();
    String target = asItComes ? "to parser" : "to disk";
    if (isMadeAsSent()) {
      log.notice("MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF %s", target);
    } else {
      log.notice(
          "MASTER <-> REPLICA sync: receiving %d bytes from master %s",
          framing.totalBytes(), target);
    }
    if (framing.isInterleaved()) {
      log.notice("MASTER <-> REPLICA sync: receiving the replication stream at the same time");
    }
    if (asItComes) {
      beginDirectLoad();
      return;
    }
    long seconds = clock.wallMillis() / 1000;
    Path temporary =
        settings.path(String.format(Locale.ROOT, "temp-%d.%d.rdb", seconds, connector.port()));
    try {
      file = disk.create(temporary);
      path = temporary;
    } catch (IOException e) {
      fail(
          "Opening the temp file needed for MASTER <-> REPLICA synchronization: "
              + SystemErrors.text(e));
    }
  }

  /** Returns true if the snapshot is loaded as it arrives, rather than from a file. */
  private boolean isDirect() {
    return switch (settings.replication.replDisklessLoad.value()) {
      case DISABLED -> false;
      case ON_EMPTY_DB -> dataSet.keyspace().size() == 0;
      case SWAPDB -> true;
    };
  }

  /** Removes the old data and disconnects the replicas, which could resume only from it. */
  private void dropOldData() {
    changes.startNewHistory();
    log.notice("MASTER <-> REPLICA sync: Flushing old data");
    state.set(Refusal.LOADING, true);
    loading = true;
    changes.dropDataSet();
    log.notice("MASTER <-> REPLICA sync: Loading DB in memory");
  }

  /** Returns a loader that is bounded by the length of the payload, if it is known. */
  private RdbLoader sized(RdbLoader loader) {
    return framing.totalBytes() == TransferFraming.UNKNOWN
        ? loader
        : loader.totalBytes(framing.totalBytes());
  }

  private void beginDirectLoad() {
    long now = clock.wallMillis();
    long total = Math.max(framing.totalBytes(), 0);
    if (settings.replication.replDisklessLoad.value() != DisklessLoad.SWAPDB) {
      dropOldData();
      onArrival = sized(new RdbLoader(dataSet.context(), rule()));
      dataSet.progress().begin(now, total);
      return;
    }
    SpareDataSet beside = dataSet.spare();
    spare = beside;
    onArrival = sized(new RdbLoader(beside.context(), rule()));
    loading = true;
    if (origin.sameHistory()) {
      state.set(Refusal.LOADING_BESIDE, true);
      dataSet.progress().beginBeside(now, total);
    } else {
      dataSet.progress().begin(now, total);
    }
    log.notice("MASTER <-> REPLICA sync: Loading DB in memory");
  }

  private LoadRule rule() {
    return new LoadRule(false, false, settings.persistence.rdbchecksum.value());
  }

  /**
   * Loads the next slice, after all data has been received.
   *
   * @return true if more remains; otherwise the load has finished or failed
   */
  boolean loadSlice() {
    try {
      if (onArrival != null) {
        onArrival.finish();
        log.notice(
            "Done loading RDB, keys loaded: %d, keys expired: %d.",
            onArrival.keysLoaded(), onArrival.keysExpired());
        point = onArrival.replication();
        long keys = onArrival.keysLoaded();
        closeDirect();
        takeSpare(keys);
        endLoad();
        return false;
      }
      if (fromFile == null) {
        if (wouldEmpty()) {
          refuse();
          return false;
        }
        fromFile = openReceived();
      }
      if (!fromFile.step(SLICE_NANOS)) {
        return true;
      }
      point = fromFile.replication();
      endLoad();
      return false;
    } catch (IOException e) {
      fail(
          "Failed trying to load the MASTER synchronization DB from disk: " + SystemErrors.text(e));
    } catch (RdbException e) {
      failLoad(e);
    }
    abandon();
    return false;
  }

  /** Replaces the old data set by the complete spare one. */
  private void takeSpare(long keys) {
    SpareDataSet beside = spare;
    if (beside == null) {
      return;
    }
    spare = null;
    if (keys == 0 && isGuarded()) {
      beside.discard();
      endLoad();
      refuse();
      return;
    }
    changes.startNewHistory();
    log.notice("MASTER <-> REPLICA sync: Swapping active DB with loaded DB");
    beside.takeOver();
    log.notice("MASTER <-> REPLICA sync: Discarding old DB in background");
  }

  /**
   * Returns true if an empty data set must not replace the current one: a master that has lost its
   * data also starts a new history.
   */
  private boolean isGuarded() {
    return !origin.sameHistory()
        && settings.replication.replicaRefuseEmptyMaster.value()
        && dataSet.keyspace().size() > 0;
  }

  private boolean wouldEmpty() throws IOException, RdbException {
    Path received = path;
    if (!isGuarded() || received == null || framing.payloadBytes() > LARGEST_EMPTY_BYTES) {
      return false;
    }
    completeFile();
    SpareDataSet trial = dataSet.spare();
    try (var load = new RdbFileLoad(trial.context(), received, rule(), new LoadProgress())) {
      load.run();
      return load.keysLoaded() == 0;
    } finally {
      trial.discard();
    }
  }

  private void refuse() {
    refused = true;
    fail(
        "The master's data set is empty and has a new history, but this replica has keys. They are"
            + " kept, and the link stays down. To discard them: CONFIG SET"
            + " replica-refuse-empty-master no");
    abandon();
  }

  private RdbFileLoad openReceived() throws IOException {
    Path temporary = path;
    if (temporary == null) {
      throw new IOException("nothing was received into a file");
    }
    completeFile();
    Path target = settings.path(settings.persistence.dbfilename.value());
    dataSet.snapshots().abortSave(); // of the old data, which would replace the received file
    disk.rename(temporary, target);
    path = null;
    disk.syncDirectory(settings.common.dir.value());
    dropOldData();
    return new RdbFileLoad(dataSet.context(), target, rule(), dataSet.progress());
  }

  private void closeDirect() {
    if (onArrival != null) {
      onArrival.close();
      dataSet.progress().end();
      onArrival = null;
    }
  }

  private void endLoad() {
    closeDirect();
    if (fromFile != null) {
      try {
        fromFile.close();
      } catch (IOException e) {
        log.warning("Can't close the file of a transfer: %s", SystemErrors.text(e));
      }
      fromFile = null;
      deleteSyncFile();
    }
    if (loading) {
      loading = false;
      state.set(Refusal.LOADING, false);
      state.set(Refusal.LOADING_BESIDE, false);
    }
  }

  /** Removes the received file if this server has no persistence. */
  private void deleteSyncFile() {
    boolean isPersistent =
        !settings.persistence.save.value().isEmpty() || settings.persistence.appendonly.value();
    if (!settings.persistence.rdbDelSyncFiles.value() || isPersistent) {
      return;
    }
    Path target = settings.path(settings.persistence.dbfilename.value());
    log.notice(
        "Removing the RDB file obtained from the master. This replica has persistence"
            + " disabled");
    try {
      disk.delete(target);
    } catch (IOException e) {
      log.warning("Can't remove %s: %s", target, SystemErrors.text(e));
    }
  }

  private void failLoad(RdbException e) {
    fail(
        String.format(
            Locale.ROOT,
            "Failed trying to load the MASTER synchronization DB from %s: %s, at offset %d",
            onArrival == null ? "disk" : "socket",
            log.shown(e),
            e.offset()));
  }

  private void fail(String text) {
    if (failure == null) {
      failure = LogLine.warning(text);
    }
  }

  /** Ends the transfer, removes a partially loaded data set and the received file. */
  void abandon() {
    endEvent(false);
    if (loading) {
      endLoad();
      if (spare == null) {
        changes.dropDataSet();
      }
    }
    if (spare != null) {
      log.notice("MASTER <-> REPLICA sync: Discarding temporary DB in background");
      spare.discard();
      spare = null;
    }
    deleteReceived();
  }

  /** Deletes the file of received data; later data is discarded. */
  void deleteReceived() {
    closeFile();
    if (path != null) {
      try {
        disk.delete(path);
      } catch (IOException e) {
        log.warning("Can't remove %s: %s", path, SystemErrors.text(e));
      }
      path = null;
    }
  }

  /** Syncs the received file before it becomes the one that the next start loads. */
  private void completeFile() throws IOException {
    if (file != null) {
      file.sync();
      closeFile();
    }
  }

  private void closeFile() {
    if (file != null) {
      try {
        file.close();
      } catch (IOException e) {
        log.warning("Can't close the file of a transfer: %s", SystemErrors.text(e));
      }
      file = null;
    }
  }
}
