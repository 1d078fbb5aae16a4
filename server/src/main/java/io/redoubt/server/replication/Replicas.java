package io.redoubt.server.replication;

import io.redoubt.protocol.process.Log;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.replication.stream.LogLine;
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
final class Replicas implements ReplicaFeed.Listener {
  /** The number of remembered replicas, after which the log repeats for each what it gets. */
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

  /** The replicas named in the log, and whether each takes the expiries of hash fields. */
  private final Map<String, Boolean> toldFieldExpiry = new HashMap<>();

  /** The time at which the last replica went away, or at which this server became a master. */
  private long idleSinceMillis;

  private boolean pumpScheduled;
  private boolean ackWanted;
  private boolean turnAcksWanted;

  /** Receives what concerns the state of the server or its group. */
  interface Listener {
    /** Handles a replica that has come or gone. */
    void onReplicasChanged();

    /** Handles a change in the number of replicas that acknowledge in time. */
    void onGoodReplicasChanged();

    /** Handles a new state of a replica as a member of the group. */
    void onMemberState(ReplicaFeed feed);

    /** Handles an acknowledgement. */
    void onAcknowledged(ReplicaFeed feed);
  }

  Replicas(
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
    appendOnlyFile.onProgress(this::becameDurable);
  }

  /** Returns the feeds of the replicas. */
  ReplicaFeeds feeds() {
    return feeds;
  }

  /** Starts to create snapshots for waiting replicas. */
  void start() {
    fullSyncs.begin();
  }

  /** Returns the replica feed of a client, created for one that may become a replica. */
  ReplicaFeed of(ServerClient client) {
    return feeds.of(client, this);
  }

  /**
   * Serves PSYNC or SYNC.
   *
   * @param id of the replica's history, null for SYNC
   * @param offset the first byte that it lacks
   */
  void synchronize(ServerClient client, @Nullable String id, long offset) {
    ReplicationStream stream = context.stream();
    SyncCounts counts = context.counts();
    ReplicaFeed feed = of(client);
    if (id != null) {
      PsyncDecision decision = stream.decide(id, offset, feed.name());
      decision.log().forEach(this::say);
      if (decision instanceof PsyncDecision.Resume resume) {
        counts.partialSync();
        stream.shown();
        feed.resume(resume.offset(), stream.history().id());
        joined(feed);
        sayWhatItGets(feed);
        feed.pump();
        return;
      }
      if (!id.equals(PsyncDecision.ANY_ID)) {
        counts.refusedPartialSync();
      }
    }
    counts.fullSync();
    if (stream.backlog() == null) {
      stream.keep();
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

  private void joined(ReplicaFeed feed) {
    feeds.add(feed);
    listener.onReplicasChanged();
    feeds.retain();
    listener.onGoodReplicasChanged();
  }

  /** Logs once for each replica whether it gets the expiries of hash fields. */
  void sayWhatItGets(ReplicaFeed feed) {
    boolean takes = feed.options().takesFieldExpiry();
    if (toldFieldExpiry.size() >= MAX_TOLD) {
      toldFieldExpiry.clear();
    }
    if (!Boolean.valueOf(takes).equals(toldFieldExpiry.put(feed.name(), takes))) {
      log.notice(
          takes
              ? "Replica %s knows hash field expiry: it gets fields with their expiries"
              : "Replica %s doesn't know hash field expiry: it gets fields without expiries,"
                  + " and HDEL when they are due",
          feed.name());
    }
  }

  @Override
  public void onLost(ReplicaFeed feed) {
    if (feeds.remove(feed)) {
      log.warning("Connection with replica %s lost.", feed.name());
      fullSyncs.lost(feed);
      listener.onReplicasChanged();
      feeds.retain();
      listener.onGoodReplicasChanged();
      if (feeds.all().isEmpty()) {
        restartIdleTime();
      }
    }
  }

  /** Starts to measure anew for how long there has been no replica. */
  void restartIdleTime() {
    idleSinceMillis = context.nowMillis();
  }

  /** Returns the time for which there has been no replica, 0 while there is one. */
  long idleMillis() {
    return feeds.all().isEmpty() ? context.nowMillis() - idleSinceMillis : 0;
  }

  /** Disconnects all replicas, so that they sync again. */
  void disconnectAll() {
    for (ReplicaFeed feed : List.copyOf(feeds.all())) {
      feed.client().close();
    }
  }

  // The stream.

  /**
   * Schedules the sending of new bytes of the stream for the end of this turn of the event loop.
   */
  void streamGrew() {
    if (!pumpScheduled && !feeds.all().isEmpty()) {
      pumpScheduled = true;
      clients.loop().execute(pumpTask);
    }
  }

  private void pump() {
    pumpScheduled = false;
    askIfWanted(); // along with what the acknowledgement is wanted for
    List<ReplicaFeed> replicas = feeds.all();
    for (int i = 0; i < replicas.size(); i++) {
      replicas.get(i).pump();
      replicas.get(i).spillStream();
    }
    dropLaggards();
    feeds.retain();
  }

  /** Sends newly durable bytes of the stream and checks the waits for replicas. */
  private void becameDurable() {
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

  /** Continues snapshots after a pause that the rate limit has caused. */
  void goOnWithSnapshots() {
    for (ReplicaFeed feed : List.copyOf(feeds.all())) {
      feed.goOn();
    }
  }

  // Each second.

  void cron() {
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
        feed.showLife();
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

  /** Records what a replica reports of itself as a member of the group, null for nothing. */
  void reported(ReplicaFeed feed, @Nullable MemberState state) {
    if (state != null && !state.equals(feed.member())) {
      feed.member(state);
      listener.onMemberState(feed);
    }
  }

  void acknowledged(ReplicaFeed feed, long offset, long durable) {
    feed.acknowledged(offset, durable);
    checkWaits();
    listener.onAcknowledged(feed);
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
    if (!ackWanted && !feeds.all().isEmpty()) {
      ackWanted = true;
      clients.loop().execute(askTask);
    }
  }

  /**
   * Asks the replicas that don't acknowledge each turn unasked for their offsets, once per turn of
   * the loop, and to do so from now on.
   */
  void askForTurnAcks() {
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

  /** Ends unasked acknowledgements. */
  void endTurnAcks() {
    if (!feeds.all().isEmpty()) {
      requests.endTurnAcks();
    }
  }
}
