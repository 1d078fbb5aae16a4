package io.redoubt.server.replication.master;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.SyncCounts;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SnapshotSink;
import io.redoubt.server.snapshot.context.FunctionLibraries;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Full syncs: replicas that request one within a delay share a snapshot. Replicas that support an
 * end mark receive it while it is created, the others from the file of a BGSAVE.
 *
 * <p>The delay is {@code repl-diskless-sync-delay}. It shrinks to {@link #SETTLE_MILLIS} once every
 * known replica has requested its sync, unless {@code repl-diskless-sync-max-replicas} sets the
 * expected number.
 */
public final class FullSyncs {
  /** The delay if no known replica is missing. */
  private static final long SETTLE_MILLIS = 300;

  /** The time within which a lost replica is expected to reconnect. */
  private static final long EXPECTED_BACK_MILLIS = 60_000;

  private final Log log;
  private final RandomGenerator random;
  private final ServerDirectives settings;
  private final ServerClients clients;
  private final BufferMemory memory;
  private final Disk disk;
  private final FunctionLibraries libraries;
  private final ReplicatedDataSet dataSet;
  private final SyncCounts counts;
  private final ReplicationStream stream;
  private final ReplicaFeeds feeds;
  private final FeedContext context;

  /** The names of lost replicas that were online, and the times of their loss. */
  private final Map<String, Long> lostMillis = new HashMap<>();

  /** The replicas that receive the current snapshot while it is created. */
  private final List<ReplicaFeed> streamedTo = new ArrayList<>();

  private @Nullable SnapshotFile file;

  /** True if that file has hash fields with expiries. */
  private boolean fileHasFieldExpiry;

  private boolean checkScheduled;

  public FullSyncs(
      RandomGenerator random, ServerClients clients, FeedContext context, ReplicaFeeds feeds) {
    this.log = context.log();
    this.random = random;
    this.settings = context.settings();
    this.clients = clients;
    this.dataSet = context.dataSet();
    ClientRegistry registry = clients.registry();
    memory = registry.memory();
    SnapshotContext snapshots = dataSet.context();
    disk = snapshots.disk();
    libraries = snapshots.functions();
    this.counts = context.counts();
    this.stream = context.stream();
    this.context = context;
    this.feeds = feeds;
  }

  /** Starts to create snapshots for waiting replicas. */
  void begin() {
    dataSet
        .snapshots()
        .onOver(() -> {
          snapshotIsOver();
          startIfDue();
        });
  }

  private void snapshotIsOver() {
    if (!streamedTo.isEmpty()) {
      log.notice(
          "Diskless rdb transfer, done reading from pipe, %d replicas still up.",
          streamedTo.size());
      streamedTo.clear();
    }
  }

  /** Adds a replica that needs a snapshot. */
  void add(ReplicaFeed feed) {
    lostMillis.remove(feed.name());
    if (joins(feed)) {
      return;
    }
    if (dataSet.snapshots().isRunning()) {
      log.notice(
          dataSet.snapshots().isSaving()
              ? "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for"
                  + " SYNC"
              : "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC");
      return;
    }
    long delay = remainingDelayMillis();
    if (delay > 0) {
      log.notice("Delay next BGSAVE for diskless SYNC");
    }
    startIfDue();
  }

  /** Returns true if the file being written for other replicas also serves this one. */
  private boolean joins(ReplicaFeed feed) {
    SnapshotFile current = file;
    if (current == null
        || dataSet.snapshots().isAborting()
        || feed.options().isWithoutKeys()
        || (fileHasFieldExpiry && !feed.options().takesFieldExpiry())
        || underWay() >= mostUnderWay()
        || !context.backlog().reaches(current.offset() + 1)) {
      return false;
    }
    log.notice("Waiting for end of BGSAVE for SYNC");
    current.add(feed.sync());
    feeds.retain();
    return true;
  }

  /** Removes a replica that has disconnected. */
  void remove(ReplicaFeed feed) {
    if (streamedTo.remove(feed) && streamedTo.isEmpty()) {
      log.notice("Diskless rdb transfer, last replica dropped, killing fork child.");
    }
    if (feed.isOnline()) {
      lostMillis.put(feed.name(), context.nowMillis());
    }
    if (feed.state() == FeedState.IN_SNAPSHOT) {
      SnapshotFile current = file;
      if (current != null && current.isFor(feed.sync())) {
        current.release(feed.sync());
      } else {
        dataSet.snapshots().drop(feed.sync());
      }
      boolean isWanted = current == null || !current.isUnused() || !streamedTo.isEmpty();
      if (!isWanted && settings.persistence.save.value().isEmpty()) {
        dataSet.snapshots().abortSave(); // it was started for replicas only
      }
    }
    scheduleCheck(0);
  }

  /** Starts a snapshot if the delay of a waiting replica has ended. */
  void startIfDue() {
    List<ReplicaFeed> waiting = waiting();
    long free = mostUnderWay() - underWay();
    if (waiting.isEmpty() || dataSet.snapshots().isRunning() || free <= 0) {
      return;
    }
    long delay = remainingDelayMillis();
    if (delay > 0) {
      scheduleCheck(delay);
    } else {
      start(waiting.subList(0, (int) Math.min(free, waiting.size())));
    }
  }

  private int mostUnderWay() {
    int most = settings.replication.replMaxConcurrentFullSyncs.value();
    return most == 0 ? Integer.MAX_VALUE : most;
  }

  /** Returns the number of replicas that are receiving a snapshot. */
  private long underWay() {
    return feeds.all().stream()
        .filter(
            feed -> feed.state() == FeedState.IN_SNAPSHOT || feed.state() == FeedState.SEND_FILE)
        .count();
  }

  private List<ReplicaFeed> waiting() {
    List<ReplicaFeed> waiting = new ArrayList<>();
    for (ReplicaFeed feed : feeds.all()) {
      if (feed.state() == FeedState.WAIT_SNAPSHOT) {
        waiting.add(feed);
      }
    }
    return waiting;
  }

  private void scheduleCheck(long delayMillis) {
    if (!checkScheduled) {
      checkScheduled = true;
      clients
          .loop()
          .schedule(
              () -> {
                checkScheduled = false;
                startIfDue();
              },
              delayMillis);
    }
  }

  private long remainingDelayMillis() {
    List<ReplicaFeed> waiting = waiting();
    if (waiting.isEmpty() || !settings.replication.replDisklessSync.value()) {
      return 0;
    }
    long now = context.nowMillis();
    int enough = settings.replication.replDisklessSyncMaxReplicas.value();
    if (enough > 0 && waiting.size() >= enough) {
      return 0;
    }
    long delay = settings.replication.replDisklessSyncDelay.value() * 1000L;
    if (enough == 0 && !isAnyoneMissing(now)) {
      delay = Math.min(delay, SETTLE_MILLIS);
    }
    return waiting.getFirst().sync().askedMillis() + delay - now;
  }

  private boolean isAnyoneMissing(long nowMillis) {
    lostMillis.values().removeIf(since -> nowMillis - since > EXPECTED_BACK_MILLIS);
    return !lostMillis.isEmpty() || feeds.isAnyoneAboutToAsk();
  }

  /**
   * Starts a snapshot for the first waiting replica and for all that need the same form. If hash
   * fields have expiries, replicas without support for them need a form without. That form is never
   * written to the snapshot file, from which this server would restart without the expiries.
   */
  private void start(List<ReplicaFeed> waiting) {
    boolean hasFieldExpiry = dataSet.keyspace().hasExpiringElements();
    boolean withFieldExpiry = !hasFieldExpiry || waiting.getFirst().options().takesFieldExpiry();
    boolean diskless = settings.replication.replDisklessSync.value();
    streamedTo.clear();
    List<ReplicaFeed> throughFile = new ArrayList<>();
    for (ReplicaFeed feed : waiting) {
      if (feed.options().isWithoutKeys()) {
        sendWithoutKeys(feed);
        continue;
      }
      if (hasFieldExpiry && feed.options().takesFieldExpiry() != withFieldExpiry) {
        continue;
      }
      boolean isDirect = !withFieldExpiry || (diskless && feed.options().canTakeMark());
      (isDirect ? streamedTo : throughFile).add(feed);
    }
    if (streamedTo.isEmpty() && throughFile.isEmpty()) {
      return;
    }
    log.notice(
        "Starting BGSAVE for SYNC with target: %s",
        streamedTo.isEmpty() ? "disk" : "replicas sockets");
    stream.encoder().restart();
    String mark = ReplicationHistory.randomId(random);
    boolean interleaves = settings.replication.replInterleavedSync.value();
    for (ReplicaFeed feed : streamedTo) {
      if (feed.sync().snapshotBegins(stream.history().id(), stream.offset(), mark, interleaves)) {
        counts.interleavedSyncs.increment();
      }
    }
    List<SnapshotSink> sinks = streamedTo.stream().<SnapshotSink>map(ReplicaFeed::sync).toList();
    boolean started;
    if (throughFile.isEmpty()) {
      feeds.retain();
      started = dataSet.snapshots().sendTo(sinks, withFieldExpiry);
    } else {
      SnapshotFile made =
          new SnapshotFile(
              disk, dataSet.snapshots().file(), log, stream.history().id(), stream.offset());
      throughFile.forEach(feed -> made.add(feed.sync()));
      feeds.retain();
      file = made;
      fileHasFieldExpiry = hasFieldExpiry;
      started = dataSet.snapshots().saveFor(sinks, this::onFileEnd);
    }
    if (!started) {
      throw new IllegalStateException("a snapshot is running");
    }
  }

  private void onFileEnd(@Nullable String failure) {
    SnapshotFile ended = file;
    file = null;
    if (ended == null) {
      return;
    }
    if (failure == null) {
      ended.complete();
      deleteSyncFile();
    } else {
      ended.onFailure();
    }
  }

  /**
   * Deletes the file if this server must not leave data on disk; transfers in progress still read
   * it.
   */
  private void deleteSyncFile() {
    boolean isPersistent =
        !settings.persistence.save.value().isEmpty() || settings.persistence.appendonly.value();
    if (!settings.persistence.rdbDelSyncFiles.value() || isPersistent) {
      return;
    }
    log.notice("Removing the RDB file used to feed replicas in a persistence-less instance");
    try {
      disk.delete(dataSet.snapshots().file());
    } catch (IOException e) {
      log.warning("Can't remove %s: %s", dataSet.snapshots().file(), SystemErrors.text(e));
    }
  }

  /** Sends an RDB without keys, with the functions if the replica's filter includes them. */
  private void sendWithoutKeys(ReplicaFeed feed) {
    stream.encoder().restart();
    ReplicaSync sync = feed.sync();
    sync.snapshotBegins(
        stream.history().id(), stream.offset(), ReplicationHistory.randomId(random), false);
    try (BlockOutput out = new BlockOutput(memory);
        RdbWriter writer = new RdbWriter(out, false, memory)) {
      List<ByteString> functions = feed.options().isWithFunctions() ? libraries.texts() : List.of();
      if (!functions.isEmpty()) {
        writer.forFunctions();
      }
      writer.begin();
      writer.aux("redis-ver", Version.REDIS);
      for (ByteString text : functions) {
        writer.function(text.asSegment(), 0, text.length());
      }
      writer.end();
      sync.bytes(out.memory(), out.offset(), out.sizeBytes());
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer refuses no function
    } catch (OutOfMemoryError full) {
      sync.outOfMemory(full);
      return;
    }
    sync.onComplete();
  }
}
