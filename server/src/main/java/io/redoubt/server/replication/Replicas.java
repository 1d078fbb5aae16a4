package io.redoubt.server.replication;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.replication.output.FullSyncRate;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.LogLine;
import io.redoubt.server.replication.stream.PsyncDecision;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ServerDirectives;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The replicas of this server, in the order of their connection, and the clients that wait for
 * their acknowledgements.
 */
final class Replicas {
  private static final int PIECE_BYTES = 64 * 1024;

  /** The number of remembered replicas, after which the log repeats for each what it gets. */
  private static final int MAX_TOLD = 256;

  private final Clock clock;
  private final Log log;
  private final ServerDirectives settings;
  private final ServerClients clients;
  private final AppendOnlyFile appendOnlyFile;
  private final ReplicatedDataSet dataSet;
  private final Replication replication;
  private final FullSyncs fullSyncs;
  private final Map<ServerClient, ReplicaFeed> candidates = new HashMap<>();
  private final List<ReplicaFeed> replicas = new ArrayList<>();
  private final List<ReplicationWait> waits = new ArrayList<>();
  private final Runnable pumpTask = this::pump;
  private final Runnable askTask = this::askIfWanted;
  private final SpillSpace spillSpace;
  private final FullSyncRate rate;
  private final MemorySegment piece = MemorySegment.ofArray(new byte[PIECE_BYTES]);

  /** The replicas named in the log, and whether each takes the expiries of hash fields. */
  private final Map<String, Boolean> toldFieldExpiry = new HashMap<>();

  /** The time at which the last replica went away, or at which this server became a master. */
  private long idleSinceMillis;

  private boolean pumpScheduled;
  private boolean ackWanted;
  private boolean turnAcksWanted;

  Replicas(
      Environment environment,
      ServerDirectives settings,
      ServerClients clients,
      AppendOnlyFile appendOnlyFile,
      ReplicatedDataSet dataSet,
      SpillSpace spillSpace,
      SyncCounts counts,
      Replication replication) {
    this.clock = environment.clock();
    this.log = environment.log();
    this.settings = settings;
    this.clients = clients;
    this.appendOnlyFile = appendOnlyFile;
    this.dataSet = dataSet;
    this.replication = replication;
    this.fullSyncs =
        new FullSyncs(environment, settings, clients, dataSet, counts, replication, this);
    appendOnlyFile.onProgress(this::becameDurable);
    this.spillSpace = spillSpace;
    this.rate =
        new FullSyncRate(
            clients.loop(),
            clock,
            settings().replication.replFullSyncRate::value,
            this::goOnWithSnapshots);
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

  /** Returns the backlog, which exists as long as there are replicas. */
  Backlog backlog() {
    return replication.stream().requireBacklog();
  }

  SyncCounts counts() {
    return replication.counts();
  }

  FullSyncs fullSyncs() {
    return fullSyncs;
  }

  /** Returns the replica feed of a client, created for one that may become a replica. */
  ReplicaFeed of(ServerClient client) {
    ReplicaFeed known = candidates.get(client);
    if (known == null) {
      known = new ReplicaFeed(client, this);
      candidates.put(client, known);
      client.companion(known);
    }
    return known;
  }

  /** Returns the replica feed of a client, or null if it is not a replica. */
  @Nullable ReplicaFeed ifReplica(ServerClient client) {
    ReplicaFeed known = candidates.get(client);
    return known != null && known.isReplica() ? known : null;
  }

  /** Returns the replica with an address and port, or null. */
  @Nullable ReplicaFeed named(HostPort name) {
    for (ReplicaFeed feed : replicas) {
      String address = feed.address();
      if (address != null && new HostPort(address, feed.listeningPort()).isSamePlace(name)) {
        return feed;
      }
    }
    return null;
  }

  /** Returns all replicas, including those not synchronized yet. */
  List<ReplicaFeed> all() {
    return replicas;
  }

  /** Returns a log line for each replica that has not acknowledged an offset. */
  List<String> lagging(long offset) {
    return replicas.stream()
        .filter(replica -> replica.ackOffset() < offset)
        .map(replica ->
            String.format(
                Locale.ROOT,
                "Lagging replica %s reported offset %d behind master, lag=%d, state=%s.",
                replica.name(),
                offset - replica.ackOffset(),
                replica.lagSeconds(),
                replica.state().label()))
        .toList();
  }

  /**
   * Returns true if a client has introduced itself as a replica but has not asked for a sync yet.
   */
  boolean isAnyoneAboutToAsk() {
    for (ReplicaFeed feed : candidates.values()) {
      if (!feed.isReplica() && feed.listeningPort() != 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Serves PSYNC or SYNC.
   *
   * @param id of the replica's history, null for SYNC
   * @param offset the first byte that it lacks
   */
  void synchronize(ServerClient client, @Nullable String id, long offset) {
    ReplicationStream stream = replication.stream();
    ReplicaFeed feed = of(client);
    if (id != null) {
      PsyncDecision decision = stream.decide(id, offset, feed.name());
      decision.log().forEach(this::say);
      if (decision instanceof PsyncDecision.Resume resume) {
        counts().partialSync();
        stream.shown();
        feed.resume(resume.offset(), replication.id());
        joined(feed);
        sayWhatItGets(feed);
        feed.pump();
        return;
      }
      if (!id.equals(PsyncDecision.ANY_ID)) {
        counts().refusedPartialSync();
      }
    }
    counts().fullSync();
    if (stream.backlog() == null) {
      replication.keepStream();
      log.notice(
          "Replication backlog created, my new replication IDs are '%s' and '%s'",
          stream.history().id(), stream.history().secondId());
    }
    stream.shown();
    feed.awaitSnapshot(id != null);
    joined(feed);
    sayWhatItGets(feed);
    fullSyncs.asked(feed);
  }

  private void say(LogLine line) {
    if (line.warning()) {
      log.warning("%s", line.text());
    } else {
      log.notice("%s", line.text());
    }
  }

  void joined(ReplicaFeed feed) {
    replicas.add(feed);
    replication.ackGroup().refresh();
    retain();
    goodReplicasChanged();
  }

  /** Logs once for each replica whether it gets the expiries of hash fields. */
  void sayWhatItGets(ReplicaFeed feed) {
    boolean takes = feed.options().takesFieldExpiry();
    if (toldFieldExpiry.size() >= MAX_TOLD) {
      toldFieldExpiry.clear();
    }
    if (!Boolean.valueOf(takes).equals(toldFieldExpiry.put(feed.name(), takes))) {
      log()
          .notice(
              takes
                  ? "Replica %s knows hash field expiry: it gets fields with their expiries"
                  : "Replica %s doesn't know hash field expiry: it gets fields without expiries,"
                      + " and HDEL when they are due",
              feed.name());
    }
  }

  void lost(ReplicaFeed feed) {
    candidates.remove(feed.client());
    if (replicas.remove(feed)) {
      log().warning("Connection with replica %s lost.", feed.name());
      fullSyncs.lost(feed);
      replication.ackGroup().refresh();
      retain();
      goodReplicasChanged();
      if (replicas.isEmpty()) {
        restartIdleTime();
      }
    }
  }

  /** Starts to measure anew for how long there has been no replica. */
  void restartIdleTime() {
    idleSinceMillis = nowMillis();
  }

  /** Returns the time for which there has been no replica, 0 while there is one. */
  long idleMillis() {
    return replicas.isEmpty() ? nowMillis() - idleSinceMillis : 0;
  }

  /** Disconnects all replicas, so that they sync again. */
  void disconnectAll() {
    for (ReplicaFeed feed : List.copyOf(replicas)) {
      feed.client().close();
    }
  }

  // The stream.

  /**
   * Schedules the sending of new bytes of the stream for the end of this turn of the event loop.
   */
  void streamGrew() {
    if (!pumpScheduled && !replicas.isEmpty()) {
      pumpScheduled = true;
      clients.loop().execute(pumpTask);
    }
  }

  private void pump() {
    pumpScheduled = false;
    askIfWanted(); // along with what the acknowledgement is wanted for
    for (int i = 0; i < replicas.size(); i++) {
      replicas.get(i).pump();
      replicas.get(i).spillStream();
    }
    dropLaggards();
    retain();
  }

  /** Returns the offset up to which the stream is durable enough to be sent. */
  long shownEnd() {
    long next = backlog().nextOffset();
    long shown = appendOnlyFile.shownStreamOffset();
    return shown < next ? shown + 1 : next;
  }

  /** Sends newly durable bytes of the stream and checks the waits for replicas. */
  private void becameDurable() {
    if (!replicas.isEmpty()) {
      pump();
      snapshotSinkReady();
    }
    checkWaits();
  }

  private void checkWaits() {
    for (ReplicationWait wait : List.copyOf(waits)) {
      wait.check();
    }
  }

  /** Keeps in the backlog what the slowest replica still needs. */
  void retain() {
    long lowest = Backlog.NOBODY;
    for (int i = 0; i < replicas.size(); i++) {
      lowest = Math.min(lowest, replicas.get(i).neededFrom());
    }
    replication.stream().retainFrom(lowest);
  }

  private void dropLaggards() {
    for (int i = replicas.size() - 1; i >= 0; i--) {
      ReplicaFeed feed = replicas.get(i);
      if (feed.isOverLimit()) {
        log()
            .warning(
                "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
                feed.client());
        log()
            .warning(
                "Replica %s is dropped: %d bytes wait for it, more than client-output-buffer-limit"
                    + " replica allows.",
                feed.name(), feed.pendingBytes());
        feed.client().closeSoon();
      }
    }
  }

  /** Returns the space for stream that replicas can't be sent yet. */
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

  /** Returns true if writes wait because replicas don't take the snapshot fast enough. */
  boolean snapshotHoldsWrites() {
    return dataSet.snapshots().writesMustWait();
  }

  private void goOnWithSnapshots() {
    for (ReplicaFeed feed : List.copyOf(replicas)) {
      feed.goOn();
    }
  }

  void snapshotSinkReady() {
    dataSet.snapshots().sinkReady();
  }

  // Each second.

  void cron() {
    long timeoutMillis = settings().replication.replTimeout.value() * 1000L;
    for (ReplicaFeed feed : List.copyOf(replicas)) {
      if (feed.isTimedOut(timeoutMillis)) {
        log()
            .warning(
                feed.isOnline()
                    ? "Disconnecting timedout replica (streaming sync): %s"
                    : "Disconnecting timedout replica (full sync): %s",
                feed.name());
        feed.client().close();
      } else {
        feed.showLife();
      }
    }
    dropLaggards();
    goodReplicasChanged();
    fullSyncs.startIfDue();
  }

  // Acknowledgements.

  /** Returns the number of replicas that have acknowledged the stream up to an offset. */
  long withOffset(long offset) {
    long count = 0;
    for (int i = 0; i < replicas.size(); i++) {
      if (replicas.get(i).has(offset)) {
        count++;
      }
    }
    return count;
  }

  /** Online replicas with an acknowledgement within min-replicas-max-lag seconds. */
  int good() {
    int maxLagSeconds = settings().replication.minReplicasMaxLag.value();
    int count = 0;
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaFeed feed = replicas.get(i);
      if (feed.isOnline() && feed.lagSeconds() <= maxLagSeconds) {
        count++;
      }
    }
    return count;
  }

  void goodReplicasChanged() {
    replication.updateState();
  }

  /** Records what a replica reports of itself as a member of the group, null for nothing. */
  void reported(ReplicaFeed feed, @Nullable MemberState state) {
    if (state != null && !state.equals(feed.member())) {
      feed.member(state);
      replication.ackGroup().reported(feed);
    }
  }

  void acknowledged(ReplicaFeed feed, long offset, long durable) {
    feed.acknowledged(offset, durable);
    checkWaits();
    replication.ackGroup().acknowledged();
    replication.writeAcks().acknowledged(feed);
    replication.failover().look();
  }

  /** Replicas that have told that the stream up to an offset is on their disks. */
  long withDurably(long offset) {
    long count = 0;
    for (int i = 0; i < replicas.size(); i++) {
      if (replicas.get(i).hasDurably(offset)) {
        count++;
      }
    }
    return count;
  }

  /**
   * Returns the greatest offset that a number of replicas have acknowledged.
   *
   * @param durably true to count what is on their disks only
   */
  long acknowledgedBy(int number, boolean durably) {
    long greatest = 0;
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaFeed feed = replicas.get(i);
      long offset = durably ? feed.durableOffset() : feed.ackOffset();
      if (offset > greatest && (durably ? withDurably(offset) : withOffset(offset)) >= number) {
        greatest = offset;
      }
    }
    return greatest;
  }

  /** Returns true if the client's last write is on this server's disk. */
  boolean isDurableHere(ServerClient client) {
    return appendOnlyFile.isDurable(client.appendedOffset());
  }

  /** Returns true if writes are appended to a file here. */
  boolean isAppending() {
    return appendOnlyFile.isEnabled();
  }

  /** Blocks a client until what it waits for has come. */
  void await(ReplicationWait wait, long timeoutMillis) {
    wait.client().block(wait, timeoutMillis);
    waits.add(wait);
    askForAcks();
  }

  void waitEnded(ReplicationWait wait) {
    waits.remove(wait);
  }

  /** Asks all replicas for their offsets, once per turn of the loop. */
  void askForAcks() {
    if (!ackWanted && !replicas.isEmpty()) {
      ackWanted = true;
      clients.loop().execute(askTask);
    }
  }

  /**
   * Asks the replicas that don't acknowledge each turn unasked for their offsets, once per turn of
   * the loop, and to do so from now on.
   */
  void askForTurnAcks() {
    for (int i = 0; i < replicas.size() && !turnAcksWanted; i++) {
      turnAcksWanted = !replicas.get(i).acknowledgesUnasked();
    }
    if (turnAcksWanted) {
      askForAcks();
    }
  }

  private void askIfWanted() {
    if (ackWanted) {
      ackWanted = false;
      if (turnAcksWanted) {
        turnAcksWanted = false;
        replication.requests().askForTurnAcks();
      } else {
        replication.requests().askForAcks();
      }
    }
  }

  /** Ends unasked acknowledgements. */
  void endTurnAcks() {
    if (!replicas.isEmpty()) {
      replication.requests().endTurnAcks();
    }
  }
}
