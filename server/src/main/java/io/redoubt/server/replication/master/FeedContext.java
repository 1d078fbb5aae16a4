package io.redoubt.server.replication.master;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.replication.master.output.FullSyncRate;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.SyncCounts;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.settings.ServerDirectives;
import java.lang.foreign.MemorySegment;

/** The sources and limits of replica feeds, shared by all feeds of a master. */
public final class FeedContext {
  private static final int PIECE_BYTES = 64 * 1024;

  private final Clock clock;
  private final Log log;
  private final ServerDirectives settings;
  private final ReplicationStream stream;
  private final AppendOnlyFile appendOnlyFile;
  private final ReplicatedDataSet dataSet;
  private final SpillSpace spillSpace;
  private final SyncCounts counts;
  private final FullSyncRate rate;
  private final MemorySegment piece = MemorySegment.ofArray(new byte[PIECE_BYTES]);

  public FeedContext(
      Environment environment,
      ServerDirectives settings,
      ReplicationStream stream,
      AppendOnlyFile appendOnlyFile,
      ReplicatedDataSet dataSet,
      SpillSpace spillSpace,
      SyncCounts counts,
      FullSyncRate rate) {
    this.clock = environment.clock();
    this.log = environment.log();
    this.settings = settings;
    this.stream = stream;
    this.appendOnlyFile = appendOnlyFile;
    this.dataSet = dataSet;
    this.spillSpace = spillSpace;
    this.counts = counts;
    this.rate = rate;
  }

  /** Returns a time that does not jump when the system's clock is set. */
  long nowMillis() {
    return clock.monotonicMillis();
  }

  Log log() {
    return log;
  }

  ServerDirectives settings() {
    return settings;
  }

  ReplicationStream stream() {
    return stream;
  }

  ReplicatedDataSet dataSet() {
    return dataSet;
  }

  SyncCounts counts() {
    return counts;
  }

  /** Returns the backlog, which exists as long as there are replicas. */
  Backlog backlog() {
    return stream.requireBacklog();
  }

  /**
   * Returns the offset after the bytes of the stream that may be sent, as they are durable enough.
   */
  long shownEnd() {
    long next = backlog().nextOffset();
    long shown = appendOnlyFile.shownStreamOffset();
    return shown < next ? shown + 1 : next;
  }

  /** Returns the space for bytes of the stream that can't be sent yet. */
  SpillSpace spillSpace() {
    return spillSpace;
  }

  /** Returns the rate limit of snapshots. */
  FullSyncRate rate() {
    return rate;
  }

  /** Returns a buffer for copying bytes. */
  MemorySegment piece() {
    return piece;
  }

  /** Returns true if writes are held because replicas accept the snapshot too slowly. */
  boolean snapshotHoldsWrites() {
    return dataSet.snapshots().writesMustWait();
  }

  /** Notifies the snapshot that replicas can accept more of it. */
  void snapshotSinkReady() {
    dataSet.snapshots().sinkReady();
  }
}
