package io.redoubt.server.replication;

import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.Refusal;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.LogLine;
import io.redoubt.server.replication.stream.PsyncDecision;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A server's part in replication: its role, the history of its data set, the backlog, its replicas
 * and, while it is a replica, the link to its master. Everything happens on the loop.
 *
 * <p>A master's stream is what {@link Propagation} gives; a replica's is the master's, byte by
 * byte, so that ids and offsets are the same all down a chain.
 */
public final class Replication implements ReplicationPosition, AutoCloseable {
  private static final long CRON_MILLIS = 1000;
  private static final int NO_DATABASE = ReplicationStream.NO_DATABASE;

  private final Clock clock;
  private final Log log;
  private final RandomGenerator random;
  private final ServerDirectives settings;
  private final ServerState state;
  private final Propagation propagation;
  private final AppendOnlyFile appendOnlyFile;
  private final ReplicatedDataSet dataSet;
  private final ServerClients clients;
  private final MasterConnector connector;
  private final ReplicationStream stream;
  private final ReplicationHistory history;
  private final Replicas replicas;
  private final MasterLink link;
  private final Failover failover;

  private boolean isReplica;

  /** The database selected where the stream can be resumed, or {@link #NO_DATABASE}: it can't. */
  private int resumeDatabase = NO_DATABASE;

  /** Whether a file has told the place in a history. */
  private boolean restored;

  private long noReplicasSinceMillis;

  /** Runs of the cron. */
  private long cronRuns;

  private long fullSyncs;
  private long partialSyncs;
  private long refusedPartialSyncs;
  private @Nullable Cancellable cron;

  /** A master without replicas, at the beginning of a new history. */
  public Replication(
      Environment environment,
      ServerDirectives settings,
      ServerState state,
      Propagation propagation,
      AppendOnlyFile appendOnlyFile,
      ReplicatedDataSet dataSet,
      ServerClients clients,
      MasterConnector connector) {
    this.clock = environment.clock();
    this.log = environment.log();
    this.random = environment.random();
    this.settings = settings;
    this.state = state;
    this.propagation = propagation;
    this.appendOnlyFile = appendOnlyFile;
    this.dataSet = dataSet;
    this.clients = clients;
    this.connector = connector;
    replicas =
        new Replicas(
            environment,
            settings,
            clients,
            appendOnlyFile,
            dataSet,
            new SpillSpace(environment, settings, dataSet.context().disk(), connector::port),
            this);
    stream =
        new ReplicationStream(
            clients.registry().memory(),
            random,
            settings.replBacklogSize::value,
            propagation,
            replicas::streamGrew);
    history = stream.history();
    link = new MasterLink(environment, settings, connector, clients, dataSet, state, this);
    appendOnlyFile.onProgress(link::becameDurable);
    failover = new Failover(log, clients, this);
    settings.replBacklogSize.onChange(stream::resizeBacklog);
    settings.replicaReadOnly.onChange(on -> updateState());
    settings.replicaServeStaleData.onChange(on -> updateState());
    settings.minReplicasToWrite.onChange(count -> updateState());
    settings.minReplicasMaxLag.onChange(seconds -> updateState());
  }

  // Life.

  /**
   * Takes back the place in a history that a file names, before {@link #start()}. A replica can
   * then resume from it; a master begins a new id, but lets its replicas resume from the old one.
   */
  public void restore(ReplicationPoint point) {
    if (restored) {
      return;
    }
    restored = true;
    stream.restore(point);
    if (settings.replicaof.value() != null) {
      resumeDatabase = Math.max(point.database(), 0);
    } else {
      history.promote(random);
      stream.continues(Math.max(point.database(), 0));
      updatePropagation();
      noReplicasSinceMillis = clock.wallMillis();
    }
  }

  /**
   * A key was left out of the data set at the start because its time was over: replicas that resume
   * are to remove it.
   */
  public void expiredAtStart(int database, MemorySegment memory, long key, int length) {
    if (!isReplica && propagation.isActive()) {
      ReplyWriter effect = propagation.effect(database, 2);
      effect.bulk("DEL");
      effect.bulk(memory, key, length);
      propagation.endUnit();
    }
  }

  /** Begins: as a replica if the configuration names a master. */
  public void start() {
    replicas.fullSyncs().begin();
    HostPort master = settings.replicaof.value();
    if (master != null) {
      isReplica = true;
      link.follow(master.host(), master.port());
    }
    roleChanged();
    cron = clients.loop().every(this::cron, CRON_MILLIS);
  }

  /** Ends the link and lets the replicas go. */
  @Override
  public void close() {
    if (cron != null) {
      cron.cancel();
    }
    link.stop();
    replicas.disconnectAll();
    freeBacklog();
  }

  /** Deletes the file of a full sync that is being received, since the process is about to end. */
  public void deleteReceived() {
    link.deleteReceived();
  }

  private void cron() {
    link.cron();
    pingReplicas();
    replicas.cron();
    failover.look();
    releaseBacklog();
  }

  private void pingReplicas() {
    cronRuns++;
    boolean due = cronRuns % settings.replPingReplicaPeriod.value() == 0;
    if (due && !isReplica && !failover.isUnderWay() && !replicas.all().isEmpty()) {
      stream.ping();
    }
  }

  private void releaseBacklog() {
    long seconds = settings.replBacklogTtl.value();
    if (isReplica || backlog() == null || seconds == 0 || !replicas.all().isEmpty()) {
      return;
    }
    if (clock.wallMillis() - noReplicasSinceMillis > seconds * 1000) {
      history.restart(random);
      freeBacklog();
      log.notice("Replication backlog freed after %d seconds without connected replicas.", seconds);
    }
  }

  /** Whether writes are appended to a file here. */
  boolean isAppending() {
    return appendOnlyFile.isEnabled();
  }

  /** Up to where the stream is on this server's disk, -1 when nothing is appended. */
  long durableOffset() {
    return appendOnlyFile.durableStreamOffset();
  }

  // Role.

  /** Whether this server follows a master. */
  public boolean isReplica() {
    return isReplica;
  }

  /** Whether the link to the master stands. */
  public boolean isLinkUp() {
    return link.isConnected();
  }

  /** Whether the server follows that master already. */
  boolean follows(String address, int port) {
    return isReplica && link.masterHost().equalsIgnoreCase(address) && link.masterPort() == port;
  }

  /** Somebody gives this server its role: it needs not find out any more. */
  void roleGiven() {
    state.set(Refusal.REJOINING, false);
  }

  /** REPLICAOF host port. */
  public void follow(String address, int port) {
    link.stop();
    if (!isReplica) {
      history.takeBackPromotion();
      log.notice(
          "Before turning into a replica, using my own master parameters to synthesize a cached"
              + " master: I may be able to synchronize with the new master with just a partial"
              + " transfer.");
      resumeDatabase = stream.selectedDatabase();
      openBacklog();
      clients
          .registry()
          .endWaits(
              "UNBLOCKED force unblock from blocking operation, instance state changed (master ->"
                  + " replica?)");
    }
    isReplica = true;
    settings.replicaof.set(new HostPort(address, port));
    roleChanged();
    link.follow(address, port);
    link.connect();
  }

  /** REPLICAOF NO ONE: goes on from here as a master, with a new id. */
  void becomeMaster() {
    int database = streamDatabase();
    link.stop();
    isReplica = false;
    discardResumePoint();
    history.promote(random);
    log.warning(
        "Setting secondary replication ID to %s, valid up to offset: %d. New replication ID is"
            + " %s",
        history.secondId(), history.secondOffset(), history.id());
    settings.replicaof.set((HostPort) null);
    replicas.disconnectAll(); // they are to learn the new id
    stream.continues(Math.max(database, 0));
    noReplicasSinceMillis = clock.wallMillis();
    roleChanged();
  }

  private void roleChanged() {
    dataSet.keyspace().expiredKeys(isReplica ? ExpiredKeys.HIDE : ExpiredKeys.DELETE);
    dataSet.keyspace().localExpiries().clear();
    updateState();
    updatePropagation();
  }

  /** Brings the states in which commands are refused up to date. */
  void updateState() {
    state.set(Refusal.READ_ONLY_REPLICA, isReplica && settings.replicaReadOnly.value());
    state.set(
        Refusal.STALE_REPLICA,
        isReplica && !link.isConnected() && !settings.replicaServeStaleData.value());
    state.set(
        Refusal.TOO_FEW_REPLICAS,
        !isReplica && needsGoodReplicas() && replicas.good() < settings.minReplicasToWrite.value());
  }

  /** Whether writes need a number of good replicas. */
  boolean needsGoodReplicas() {
    return settings.minReplicasToWrite.value() > 0 && settings.minReplicasMaxLag.value() > 0;
  }

  /** Effects are collected only while there is a backlog that they belong in. */
  private void updatePropagation() {
    stream.ownEffects(!isReplica);
  }

  // The stream.

  ReplicationStream stream() {
    return stream;
  }

  /** Bytes of the master's stream have been applied: they are this server's stream too. */
  void applied(MemorySegment memory, long from, long length) {
    stream.append(memory, from, length);
  }

  /** Asks the replicas through the stream how far they are. */
  void askForAcksNow() {
    if (!isReplica && backlog() != null) {
      stream.askForAcks();
    }
  }

  /** The id of the history. */
  public String id() {
    return history.id();
  }

  /** Bytes of the stream so far. */
  @Override
  public long offset() {
    return history.offset();
  }

  /** Whether the data set here belongs to that history, at its end or at an earlier place. */
  boolean isOwnHistory(@Nullable String id) {
    return history.id().equals(id) || history.secondId().equals(id);
  }

  ReplicationHistory history() {
    return history;
  }

  @Nullable Backlog backlog() {
    return stream.backlog();
  }

  private void openBacklog() {
    if (stream.openBacklog()) {
      updatePropagation();
    }
  }

  private void freeBacklog() {
    stream.freeBacklog();
    updatePropagation();
  }

  /** Begins a new id, so that nobody can resume: for tests. */
  public void changeId() {
    history.restart(random);
  }

  // Replicas.

  Log log() {
    return log;
  }

  Replicas replicas() {
    return replicas;
  }

  MasterLink link() {
    return link;
  }

  Failover failover() {
    return failover;
  }

  /**
   * PSYNC, or SYNC.
   *
   * @param id of the replica's history, null for SYNC
   * @param offset the first byte that it lacks
   */
  void synchronize(ServerClient client, @Nullable String id, long offset) {
    ReplicaFeed feed = replicas.of(client);
    if (id != null) {
      stream.reachBackTo(offset);
      PsyncDecision decision = PsyncDecision.of(id, offset, history, backlog(), feed.name());
      decision.log().forEach(this::say);
      if (decision instanceof PsyncDecision.Resume resume) {
        partialSyncs++;
        history.shown();
        feed.resume(resume.offset(), history.id());
        replicas.joined(feed);
        replicas.sayWhatItGets(feed);
        feed.pump();
        return;
      }
      if (!id.equals(PsyncDecision.ANY_ID)) {
        refusedPartialSyncs++;
      }
    }
    fullSyncs++;
    if (backlog() == null) {
      history.restart(random);
      openBacklog();
      log.notice(
          "Replication backlog created, my new replication IDs are '%s' and '%s'",
          history.id(), history.secondId());
    }
    history.shown();
    feed.awaitSnapshot(id != null);
    replicas.joined(feed);
    replicas.sayWhatItGets(feed);
    replicas.fullSyncs().asked(feed);
  }

  private void say(LogLine line) {
    if (line.warning()) {
      log.warning("%s", line.text());
    } else {
      log.notice("%s", line.text());
    }
  }

  void lastReplicaLost() {
    noReplicasSinceMillis = clock.wallMillis();
  }

  /** A line on each replica that has not acknowledged everything yet: SHUTDOWN waits for them. */
  public List<String> laggingReplicas() {
    return replicas.lagging(history.offset());
  }

  /** Has the master's stream stand still, so that this server's replicas can catch up. */
  public void holdStream(boolean held) {
    link.hold(held);
  }

  /** The number of replicas. */
  public int replicaCount() {
    return replicas.all().size();
  }

  /** Asks all replicas to acknowledge what they have. */
  public void askForAcks() {
    replicas.askForAcks();
  }

  // The link to the master.

  Handshake.Identity identity() {
    String user = settings.masteruser.value();
    String password = settings.masterauth.value();
    String address = settings.replicaAnnounceIp.value();
    int port = settings.replicaAnnouncePort.value();
    return new Handshake.Identity(
        user.isEmpty() ? null : user,
        password.isEmpty() ? null : password,
        port == 0 ? connector.announcedPort() : port,
        address.isEmpty() ? null : address,
        link.streamAheadBytes(),
        settings.hashFieldExpiry.value());
  }

  /** Where this server could resume a stream, null when it has no place in one. */
  Handshake.@Nullable ResumePoint resumePoint() {
    return resumeDatabase == NO_DATABASE
        ? null
        : new Handshake.ResumePoint(history.id(), history.offset() + 1);
  }

  void keepResumePoint(int database) {
    resumeDatabase = database;
  }

  void discardResumePoint() {
    if (resumeDatabase != NO_DATABASE) {
      log.notice("Discarding previously cached master state.");
      resumeDatabase = NO_DATABASE;
    }
  }

  /** The data set is about to be replaced: nobody can go on from the old one. */
  void dataSetGoes() {
    discardResumePoint();
    replicas.disconnectAll();
    freeBacklog();
    history.restart(random);
  }

  /** Removes all keys before the master's are loaded; what was appended is of no more use. */
  void dropDataSet() {
    appendOnlyFile.dataSetGoes();
    dataSet.clear();
  }

  /** The data set is now the master's at that place. */
  void dataSetTaken(@Nullable String id, long offset) {
    appendOnlyFile.dataSetGoes(); // it begins anew with this one
    if (id == null) {
      history.restart(random);
    } else {
      history.adopt(id, offset);
    }
    freeBacklog();
    openBacklog();
  }

  /**
   * The stream goes on where it was cut, perhaps under a new id.
   *
   * @return the database that it had selected
   */
  int resumedAs(@Nullable String newId) {
    if (newId != null) {
      history.branch(newId);
      replicas.disconnectAll(); // they are to learn the new id
    }
    openBacklog();
    return resumeDatabase;
  }

  void linkIsUp() {
    resumeDatabase = NO_DATABASE;
    updateState();
  }

  void linkIsDown() {
    updateState();
  }

  /** The place in the history that the data set stands for now, with the bytes before it. */
  @Override
  public @Nullable ReplicationPoint point() {
    ReplicationPoint place = place();
    return place == null
        ? null
        : new ReplicationPoint(place.database(), place.id(), place.offset(), stream.tail());
  }

  /** The place in the history that the data set stands for now. */
  @Override
  public @Nullable ReplicationPoint place() {
    if (!isReplica) {
      return backlog() == null ? null : placeWith(stream.selectedDatabase());
    }
    int database = streamDatabase();
    return database == NO_DATABASE ? null : placeWith(database);
  }

  /** As a replica: the database that the master's stream has selected, if that is known. */
  private int streamDatabase() {
    return link.isConnected() ? link.selectedDatabase() : resumeDatabase;
  }

  private ReplicationPoint placeWith(int database) {
    return new ReplicationPoint(database, history.id(), history.offset());
  }

  // Memory.

  /** Bytes of the backlog, as far as it would be as large without replicas. */
  public long backlogBytes() {
    return stream.backlogBytes();
  }

  /** Bytes of the stream that are kept, for whomever. */
  public long bufferBytes() {
    return stream.bufferBytes();
  }

  /**
   * Bytes kept for replicas only: the part of the backlog beyond its size, for a replica that lags
   * behind, and what is on its way to their sockets.
   */
  public long replicasBytes() {
    return feedsBytes() + stream.bufferBytes() - stream.backlogBytes();
  }

  /**
   * Bytes that replication takes beyond the size that the backlog is configured to have. They don't
   * count for {@code maxmemory}, or the commands that evict keys would make for more of them.
   */
  public long bytesBeyondBacklog() {
    return feedsBytes() + stream.bytesBeyondBacklog();
  }

  private long feedsBytes() {
    long bytes = 0;
    for (ReplicaFeed feed : replicas.all()) {
      bytes += feed.memoryBytes();
    }
    return bytes;
  }

  // Counters.

  /** Has INFO show the section Replication, and the counts of synchronisations in Stats. */
  public void addTo(Info info) {
    ReplicationInfo.addTo(info, this, settings);
  }

  /** Full synchronisations that replicas have asked for. */
  public long fullSyncs() {
    return fullSyncs;
  }

  /** Partial synchronisations granted. */
  public long partialSyncs() {
    return partialSyncs;
  }

  /** Partial synchronisations refused. */
  public long refusedPartialSyncs() {
    return refusedPartialSyncs;
  }

  /** CONFIG RESETSTAT. */
  public void resetCounters() {
    fullSyncs = 0;
    replicas.fullSyncs().resetCounters();
    partialSyncs = 0;
    refusedPartialSyncs = 0;
  }
}
