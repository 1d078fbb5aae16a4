package io.redoubt.server.replication.master;

import io.redoubt.protocol.process.Log;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.StreamRequests;
import io.redoubt.server.replication.state.SyncCounts;
import io.redoubt.server.replication.stream.LogLine;
import io.redoubt.server.replication.stream.MemberState;
import io.redoubt.server.replication.stream.PsyncDecision;
import io.redoubt.server.settings.ServerDirectives;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The replicas of this server, in the order of their connection, and the clients that wait for
 * their acknowledgements.
 */
public final class Replicas implements ReplicaFeed.Listener {
  /**
   * The number of replicas remembered for the log; beyond it they are forgotten and logged again.
   */
  private static final int MAX_TOLD = 256;

  private final Log log;
  private final ServerDirectives settings;
  private final ServerClients clients;
  private final AppendOnlyFile appendOnlyFile;
  private final FeedContext context;
  private final ReplicaFeeds feeds;
  private final FullSyncs fullSyncs;
  private final StreamRequests requests;
  private final Listener listener;
  private final List<ReplicationWait> waits = new ArrayList<>();
  private final Runnable pumpTask = this::pump;
  private final Runnable askTask = this::askIfWanted;

  /** The replicas already logged, with true if they receive the expiries of hash fields. */
  private final Map<String, Boolean> toldFieldExpiry = new HashMap<>();

  /** The time when the last replica disconnected or this server became a master. */
  private long idleSinceMillis;

  private boolean pumpScheduled;
  private boolean ackWanted;
  private boolean turnAcksWanted;

  /** Receives changes that affect the state of the server or its group. */
  public interface Listener {
    /** Handles a replica that has come or gone. */
    void onReplicasChanged();

    /** Handles a change in the number of replicas within {@code min-replicas-max-lag}. */
    void onGoodReplicasChanged();

    /** Handles a replica's new report of its membership. */
    void onMemberState(ReplicaFeed feed);

    void onAcknowledged(ReplicaFeed feed);
  }

  public Replicas(
      ServerClients clients,
      AppendOnlyFile appendOnlyFile,
      FeedContext context,
      ReplicaFeeds feeds,
      FullSyncs fullSyncs,
      StreamRequests requests,
      Listener listener) {
    this.log = context.log();
    this.settings = context.settings();
    this.clients = clients;
    this.appendOnlyFile = appendOnlyFile;
    this.context = context;
    this.feeds = feeds;
    this.fullSyncs = fullSyncs;
    this.requests = requests;
    this.listener = listener;
  }

  public ReplicaFeeds feeds() {
    return feeds;
  }

  /** Starts to create snapshots for waiting replicas. */
  public void start() {
    fullSyncs.begin();
  }

  /** Returns the replica feed of a client, creating one for a client that may become a replica. */
  public ReplicaFeed of(ServerClient client) {
    return feeds.of(client, this);
  }

  /**
   * Serves PSYNC or SYNC.
   *
   * @param id of the replica's history, null for SYNC
   * @param offset the first byte that it lacks
   */
  public void synchronize(ServerClient client, @Nullable String id, long offset) {
    ReplicationStream stream = context.stream();
    SyncCounts counts = context.counts();
    ReplicaFeed feed = of(client);
    if (id != null) {
      PsyncDecision decision = stream.decide(id, offset, feed.name());
      decision.log().forEach(this::log);
      if (decision instanceof PsyncDecision.Resume resume) {
        counts.partialSyncs.increment();
        stream.markShown();
        feed.sync().resume(resume.offset(), stream.history().id());
        onJoined(feed);
        sayWhatItGets(feed);
        feed.sync().advance();
        return;
      }
      if (!id.equals(PsyncDecision.ANY_ID)) {
        counts.refusedPartialSyncs.increment();
      }
    }
    counts.fullSyncs.increment();
    if (stream.backlog() == null) {
      stream.keep();
      log.notice(
          "Replication backlog created, my new replication IDs are '%s' and '%s'",
          stream.history().id(), stream.history().secondId());
    }
    stream.markShown();
    feed.sync().awaitSnapshot(id != null);
    onJoined(feed);
    sayWhatItGets(feed);
    fullSyncs.add(feed);
  }

  private void log(LogLine line) {
    if (line.warning()) {
      log.warning("%s", line.text());
    } else {
      log.notice("%s", line.text());
    }
  }

  private void onJoined(ReplicaFeed feed) {
    feeds.add(feed);
    listener.onReplicasChanged();
    feeds.retain();
    listener.onGoodReplicasChanged();
  }

  /** Logs once for each replica whether it receives the expiries of hash fields. */
  void sayWhatItGets(ReplicaFeed feed) {
    boolean takes = feed.options().takesFieldExpiry();
    if (toldFieldExpiry.size() >= MAX_TOLD) {
      toldFieldExpiry.clear();
    }
    if (!Boolean.valueOf(takes).equals(toldFieldExpiry.put(feed.name(), takes))) {
      log.notice(
          takes
              ? "Replica %s supports hash field expiry: it gets fields with their expiries"
              : "Replica %s doesn't support hash field expiry: it gets fields without expiries,"
                  + " and HDEL when they are due",
          feed.name());
    }
  }

  @Override
  public void onLost(ReplicaFeed feed) {
    if (feeds.remove(feed)) {
      log.warning("Connection with replica %s lost.", feed.name());
      fullSyncs.remove(feed);
      listener.onReplicasChanged();
      feeds.retain();
      listener.onGoodReplicasChanged();
      if (feeds.all().isEmpty()) {
        restartIdleTime();
      }
    }
  }

  /** Restarts the measured time without replicas. */
  public void restartIdleTime() {
    idleSinceMillis = context.nowMillis();
  }

  /** Returns the milliseconds without any replica, 0 while there is one. */
  public long idleMillis() {
    return feeds.all().isEmpty() ? context.nowMillis() - idleSinceMillis : 0;
  }

  /** Disconnects all replicas, so that they sync again. */
  public void disconnectAll() {
    for (ReplicaFeed feed : List.copyOf(feeds.all())) {
      feed.client().close();
    }
  }

  // The stream.

  /**
   * Schedules the sending of new bytes of the stream for the end of this turn of the event loop.
   */
  public void streamGrew() {
    if (!pumpScheduled && !feeds.all().isEmpty()) {
      pumpScheduled = true;
      clients.loop().execute(pumpTask);
    }
  }

  private void pump() {
    pumpScheduled = false;
    askIfWanted(); // first, so that the request leaves with the bytes to acknowledge
    List<ReplicaFeed> replicas = feeds.all();
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaSync sync = replicas.get(i).sync();
      sync.streamGrew();
      sync.spillStream();
    }
    dropLaggards();
    feeds.retain();
  }

  /** Sends newly durable bytes of the stream and checks the waits for replicas. */
  public void becameDurable() {
    if (!feeds.all().isEmpty()) {
      pump();
      context.snapshotSinkReady();
    }
    checkWaits();
  }

  private void checkWaits() {
    for (ReplicationWait wait : List.copyOf(waits)) {
      wait.check();
    }
  }

  private void dropLaggards() {
    List<ReplicaFeed> replicas = feeds.all();
    for (int i = replicas.size() - 1; i >= 0; i--) {
      ReplicaFeed feed = replicas.get(i);
      if (feed.isOverLimit()) {
        log.warning(
            "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
            feed.client());
        log.warning(
            "Replica %s is dropped: %d bytes wait for it, more than client-output-buffer-limit"
                + " replica allows.",
            feed.name(), feed.pendingBytes());
        feed.client().closeSoon();
      }
    }
  }

  /** Resumes snapshots paused by the rate limit. */
  public void goOnWithSnapshots() {
    for (ReplicaFeed feed : List.copyOf(feeds.all())) {
      feed.sync().advance();
    }
  }

  // Each second.

  public void cron() {
    long timeoutMillis = settings.replication.replTimeout.value() * 1000L;
    for (ReplicaFeed feed : List.copyOf(feeds.all())) {
      if (feed.isTimedOut(timeoutMillis)) {
        log.warning(
            feed.isOnline()
                ? "Disconnecting timedout replica (streaming sync): %s"
                : "Disconnecting timedout replica (full sync): %s",
            feed.name());
        feed.client().close();
      } else {
        feed.sync().showLife();
      }
    }
    dropLaggards();
    listener.onGoodReplicasChanged();
    fullSyncs.startIfDue();
  }

  // Acknowledgements.

  @Override
  public void onSynchronized() {
    listener.onGoodReplicasChanged();
  }

  @Override
  public void onProgress() {
    feeds.retain();
  }

  /** Records a replica's report of its membership; null leaves it unchanged. */
  public void onReport(ReplicaFeed feed, @Nullable MemberState state) {
    if (state != null && !state.equals(feed.member())) {
      feed.setMember(state);
      listener.onMemberState(feed);
    }
  }

  public void onAcknowledged(ReplicaFeed feed, long offset, long durable) {
    feed.onAcknowledged(offset, durable);
    checkWaits();
    listener.onAcknowledged(feed);
  }

  /** Returns true if the client's last write is durable on this server. */
  boolean isDurableHere(ServerClient client) {
    return appendOnlyFile.isDurable(client.appendedOffset());
  }

  /** Returns true if this server has an append-only file. */
  public boolean isAppending() {
    return appendOnlyFile.isEnabled();
  }

  /** Blocks a client until its condition is met. */
  public void await(ReplicationWait wait, long timeoutMillis) {
    wait.client().block(wait, timeoutMillis);
    waits.add(wait);
    askForAcks();
  }

  void removeWait(ReplicationWait wait) {
    waits.remove(wait);
  }

  /** Asks all replicas for their offsets, once per turn of the loop. */
  public void askForAcks() {
    if (!ackWanted && !feeds.all().isEmpty()) {
      ackWanted = true;
      clients.loop().execute(askTask);
    }
  }

  /**
   * Requests acknowledgements, once per turn of the loop, from replicas that don't yet send them
   * each turn, and asks them to do so from then on.
   */
  public void askForTurnAcks() {
    List<ReplicaFeed> replicas = feeds.all();
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
        requests.askForTurnAcks();
      } else {
        requests.askForAcks();
      }
    }
  }

  /** Stops acknowledgements at the end of each turn. */
  public void endTurnAcks() {
    if (!feeds.all().isEmpty()) {
      requests.endTurnAcks();
    }
  }
}
