package io.redoubt.server.replication;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ReplyAcks;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.replication.input.MasterConnector;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.PersistenceDirectives.Appendfsync;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A server's part in replication: puts its stream, its replicas and the link to its master
 * together, and changes the role. Confined to the event loop.
 *
 * <p>Each state has one owner. The role is the state of the {@link MasterLink}; the history, the
 * backlog and the point of resumption are the {@link ReplicationStream}'s; what concerns replicas,
 * also since when there is none, is known by {@link Replicas}; the counts of synchronizations are
 * {@link SyncCounts}.
 *
 * <p>A master's stream comes from {@link Propagation}; a replica's is that of its master, byte by
 * byte, so that ids and offsets are equal throughout a chain.
 */
public final class Replication implements ReplicationPosition, AutoCloseable {
  private static final long CRON_MILLIS = 1000;
  private static final int NO_DATABASE = ReplicationStream.NO_DATABASE;

  private final Log log;
  private final ServerDirectives settings;
  private final ServerState state;
  private final Propagation propagation;
  private final AppendOnlyFile appendOnlyFile;
  private final ReplicatedDataSet dataSet;
  private final ServerClients clients;
  private final ReplicationStream stream;
  private final Replicas replicas;
  private final StreamRequests requests;
  private final ReplicationMemory memory;
  private final MasterLink link;
  private final Failover failover;
  private final WriteAcks writeAcks;
  private final Membership membership;
  private final AckGroup ackGroup;
  private final SyncCounts counts = new SyncCounts();

  /** True from the removal of the old data set for a full sync until the new one is complete. */
  private boolean dataDropped;

  /** True once a file has given the position in a history. */
  private boolean restored;

  private long roleOrders;

  private @Nullable Cancellable cron;

  /** Creates the replication of a master without replicas, at the start of a new history. */
  public Replication(
      Environment environment,
      ServerDirectives settings,
      ServerState state,
      Propagation propagation,
      AppendOnlyFile appendOnlyFile,
      ReplicatedDataSet dataSet,
      ServerClients clients,
      MasterConnector connector) {
    this.log = environment.log();
    this.settings = settings;
    this.state = state;
    this.propagation = propagation;
    this.appendOnlyFile = appendOnlyFile;
    this.dataSet = dataSet;
    this.clients = clients;
    replicas =
        new Replicas(
            environment,
            settings,
            clients,
            appendOnlyFile,
            dataSet,
            new SpillSpace(environment, settings, dataSet.context().disk(), connector::port),
            counts,
            this);
    stream =
        new ReplicationStream(
            clients.registry().memory(),
            environment.random(),
            settings.replication.replBacklogSize::value,
            propagation,
            replicas::streamGrew,
            this::streamLost);
    requests = new StreamRequests(settings, clients.registry().pauses(), stream, this);
    memory = new ReplicationMemory(stream, replicas);
    LinkParts parts =
        new LinkParts(environment, settings, connector, clients, dataSet, state, this);
    link = new MasterLink(parts);
    appendOnlyFile.onProgress(link::becameDurable);
    failover = new Failover(log, clients, this);
    membership =
        new Membership(environment, clients.loop(), settings, dataSet.context(), connector::port);
    ackGroup = new AckGroup(log, clients.loop(), settings.replication, membership, replicas, this);
    writeAcks = new WriteAcks(environment, settings.replication, clients, replicas, this);
    clients.registry().replicaWaits(writeAcks);
    settings.replication.replBacklogSize.onChange(stream::resizeBacklog);
    settings.replication.replicaReadOnly.onChange(on -> updateState());
    settings.replication.replicaServeStaleData.onChange(on -> updateState());
    settings.replication.minReplicasToWrite.onChange(count -> updateState());
    settings.replication.minReplicasMaxLag.onChange(seconds -> updateState());
  }

  // Life.

  /**
   * Restores the position in a history that a file names, before {@link #start()}. A replica can
   * then resume from it; a master starts a new id, but its replicas may resume from the old one.
   */
  public void restore(ReplicationPoint point) {
    if (restored) {
      return;
    }
    restored = true;
    stream.restore(point);
    if (settings.replication.replicaof.value() != null) {
      stream.keepResumePoint(Math.max(point.database(), 0));
    } else {
      stream.promote(point.database());
      updatePropagation();
      replicas.restartIdleTime();
    }
  }

  /**
   * Propagates the removal of a key that had expired when the data set was loaded, for replicas
   * that resume.
   */
  public void expiredAtStart(int database, MemorySegment memory, long key, int length) {
    if (!isReplica() && propagation.isActive()) {
      ReplyWriter effect = propagation.effect(database, 2);
      effect.bulk("DEL");
      effect.bulk(memory, key, length);
      propagation.endUnit();
    }
  }

  /**
   * Reads what this server has promised to others; the port must be open, and no request executed
   * before.
   *
   * @throws IOException if that can't be read
   */
  public void open() throws IOException {
    membership.load();
  }

  /** Starts replication, as a replica if the configuration names a master. */
  public void start() {
    replicas.fullSyncs().begin();
    if (settings.replication.replicaof.value() != null) {
      link.follow();
    }
    roleChanged();
    ackGroup.started(
        appendOnlyFile.isEnabled()
            && settings.persistence.appendfsync.value() == Appendfsync.ALWAYS);
    state.set(Refusal.FENCED, ackGroup.isUnfit());
    cron = clients.loop().every(this::cron, CRON_MILLIS);
  }

  /** Stops the master link and disconnects the replicas. */
  @Override
  public void close() {
    if (cron != null) {
      cron.cancel();
    }
    link.stop();
    replicas.disconnectAll();
    membership.close();
    freeBacklog();
  }

  /** Deletes the file of a full sync being received, before the process exits. */
  public void deleteReceived() {
    link.deleteReceived();
  }

  private void cron() {
    link.cron();
    writeAcks.cron();
    requests.cron();
    ackGroup.cron();
    replicas.cron();
    failover.look();
    releaseBacklog();
  }

  /** Starts a new history, as the stream lacks effects: replicas need a full sync. */
  void streamLost() {
    if (!replicas.all().isEmpty()) {
      log.warning(
          "A write ran out of memory half-way: the replicas lack it until their next full sync.");
    }
    startNewHistory();
  }

  private void releaseBacklog() {
    long seconds = settings.replication.replBacklogTtl.value();
    if (isReplica() || backlog() == null || seconds == 0 || writeAcks.isOn()) {
      return;
    }
    if (replicas.idleMillis() > seconds * 1000) {
      stream.startNewHistory();
      freeBacklog();
      log.notice("Replication backlog freed after %d seconds without connected replicas.", seconds);
    }
  }

  /** Returns true if writes are appended to a file here. */
  boolean isAppending() {
    return appendOnlyFile.isEnabled();
  }

  /** Returns the stream offset that is durable on this server's disk, -1 if nothing is appended. */
  long durableOffset() {
    return appendOnlyFile.durableStreamOffset();
  }

  // Role.

  /** Returns true if this server follows a master. */
  public boolean isReplica() {
    return link.isFollowing();
  }

  /** Returns true if the master link is up. */
  public boolean isLinkUp() {
    return link.isConnected();
  }

  /** Returns true if the server already follows the given master. */
  public boolean follows(String address, int port) {
    return isReplica() && IpAddress.same(link.masterHost(), address) && link.masterPort() == port;
  }

  /** Ends the wait of a restarted server for its role, since an explicit command has set it. */
  void roleGiven() {
    state.set(Refusal.REJOINING, false);
    liftFence();
    state.set(Refusal.FENCED, ackGroup.isUnfit());
  }

  private void liftFence() {
    roleOrders++;
    state.set(Refusal.FENCED, false);
  }

  /** Returns the number of role changes and of orders that set the role this server had already. */
  public long roleOrders() {
    return roleOrders;
  }

  /** Follows a master: REPLICAOF host port. */
  public void follow(String address, int port) {
    boolean wasReplica = isReplica();
    link.stop();
    if (!wasReplica) {
      stream.takeBackPromotion();
      membership.dataLost();
      log.notice(
          "Before turning into a replica, using my own master parameters to synthesize a cached"
              + " master: I may be able to synchronize with the new master with just a partial"
              + " transfer.");
      stream.keepResumePoint();
      openBacklog();
      writeAcks.demoted();
      clients
          .registry()
          .endWaits(
              new CommandError(
                  "UNBLOCKED force unblock from blocking operation, instance state changed (master"
                      + " -> replica?)"));
    }
    settings.replication.replicaof.set(new HostPort(address, port));
    link.follow();
    roleChanged();
    link.connectByOrder();
  }

  /** Takes notice that REPLICAOF has named the master that this server follows already. */
  void masterConfirmed() {
    link.confirmed();
  }

  /** Becomes a master with a new id. */
  public void becomeMaster() {
    becomeMaster(-1);
  }

  /**
   * Becomes a master with a new id: REPLICAOF NO ONE.
   *
   * @param ordered the term that the sentinel was promised that orders it, -1 if none does
   */
  void becomeMaster(long ordered) {
    int database = streamDatabase();
    link.stop();
    discardResumePoint();
    stream.promote(database);
    ReplicationHistory history = history();
    log.warning(
        "Setting secondary replication ID to %s, valid up to offset: %d. New replication ID is"
            + " %s",
        history.secondId(), history.secondOffset(), history.id());
    settings.replication.replicaof.set((HostPort) null);
    replicas.disconnectAll(); // replicas must learn the new id
    replicas.restartIdleTime();
    writeAcks.promoted();
    dataDropped = false; // by that order the data set is what is left
    roleChanged();
    ackGroup.appointed(ordered);
  }

  private void roleChanged() {
    liftFence();
    dataSet.keyspace().expiredKeys(isReplica() ? ExpiredKeys.HIDE : ExpiredKeys.DELETE);
    dataSet.keyspace().localExpiries().clear();
    updateState();
    updatePropagation();
    writeAcks.update();
  }

  /** Updates the states in which commands are refused. */
  void updateState() {
    state.set(
        Refusal.READ_ONLY_REPLICA, isReplica() && settings.replication.replicaReadOnly.value());
    state.set(
        Refusal.STALE_REPLICA,
        isReplica() && !link.isConnected() && !settings.replication.replicaServeStaleData.value());
    state.set(Refusal.INCOMPLETE, dataDropped && !state.is(Refusal.LOADING));
    state.set(
        Refusal.TOO_FEW_REPLICAS,
        !isReplica()
            && needsGoodReplicas()
            && replicas.good() < settings.replication.minReplicasToWrite.value());
  }

  /** Returns true if writes require a minimum number of good replicas. */
  boolean needsGoodReplicas() {
    return settings.replication.minReplicasToWrite.value() > 0
        && settings.replication.minReplicasMaxLag.value() > 0;
  }

  /** Collects effects only while there is a backlog to receive them. */
  private void updatePropagation() {
    stream.ownEffects(!isReplica());
  }

  // The stream.

  ReplicationStream stream() {
    return stream;
  }

  StreamRequests requests() {
    return requests;
  }

  /** Appends applied bytes of the master's stream to this server's own stream. */
  void applied(MemorySegment memory, long from, long length) {
    stream.append(memory, from, length);
  }

  /** Takes over what the master's stream says of the group, null if it can't be understood. */
  void groupAnnounced(@Nullable GroupChain chain, List<String> tokens) {
    if (chain != null && isReplica()) {
      membership.received(chain, tokens, link::acknowledge);
    }
  }

  /** Returns the id of the history. */
  public String id() {
    return history().id();
  }

  /** Returns the length of the stream so far, in bytes. */
  @Override
  public long offset() {
    return history().offset();
  }

  /**
   * Returns true if the data set belongs to the given history, at its end or at an earlier offset.
   */
  boolean isOwnHistory(@Nullable String id) {
    return history().id().equals(id) || history().secondId().equals(id);
  }

  ReplicationHistory history() {
    return stream.history();
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

  /** Starts a new id, so that no replica can resume: for tests. */
  public void changeId() {
    stream.startNewHistory();
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

  WriteAcks writeAcks() {
    return writeAcks;
  }

  Membership membership() {
    return membership;
  }

  AckGroup ackGroup() {
    return ackGroup;
  }

  /** Sets the receiver of what makes replies wait for replicas, or null while none must wait. */
  public void onReplyAcks(Consumer<@Nullable ReplyAcks> receiver) {
    writeAcks.onSwitch(receiver);
  }

  /** Makes the effects of commands part of the stream, also while there is no replica. */
  void keepStream() {
    if (backlog() == null) {
      stream.startNewHistory();
      openBacklog();
    }
  }

  /**
   * Returns a line on each replica that has not acknowledged the whole stream; SHUTDOWN waits for
   * them.
   */
  public List<String> laggingReplicas() {
    return replicas.lagging(offset());
  }

  /** Pauses or resumes the master's stream, so that this server's replicas can catch up. */
  public void holdStream(boolean held) {
    link.hold(held);
  }

  /** Resumes the master's stream if a pause of clients has ended. */
  public void pausesChanged() {
    link.pausesChanged();
  }

  /** Returns the number of replicas. */
  public int replicaCount() {
    return replicas.all().size();
  }

  /** Asks all replicas to acknowledge their offsets. */
  public void askForAcks() {
    replicas.askForAcks();
  }

  // The link to the master.

  /** Returns the point at which this server could resume a stream, null if there is none. */
  Handshake.@Nullable ResumePoint resumePoint() {
    return stream.resumeDatabase() == NO_DATABASE
        ? null
        : new Handshake.ResumePoint(id(), offset() + 1);
  }

  void keepResumePoint(int database) {
    stream.keepResumePoint(database);
  }

  private void discardResumePoint() {
    if (stream.discardResumePoint()) {
      log.notice("Discarding previously cached master state.");
    }
  }

  /**
   * Starts a new history, from which no replica can resume: the data set is about to be replaced,
   * or is no longer at any place in the old history.
   */
  void startNewHistory() {
    if (isReplica()) {
      membership.dataGoes();
    }
    discardResumePoint();
    replicas.disconnectAll();
    freeBacklog();
    stream.startNewHistory();
  }

  /**
   * Removes all keys, before the master's are loaded or after that has failed; the append-only file
   * becomes obsolete.
   */
  void dropDataSet() {
    appendOnlyFile.dataSetGoes();
    dataSet.clear();
    dataDropped = true;
    updateState();
  }

  /**
   * Returns the offset of the data set, and 1, as Redis does, if there is none: a sentinel must not
   * choose this server for what it had.
   */
  long dataOffset() {
    return dataDropped ? 1 : offset();
  }

  /** Returns true if the data set was dropped for another one that is not complete yet. */
  boolean isDataDropped() {
    return dataDropped;
  }

  /** Adopts the master's history and offset for the data set just loaded. */
  void dataSetTaken(@Nullable String id, long offset) {
    dataDropped = false; // the link, which is up next, updates the state
    appendOnlyFile.dataSetGoes(); // the append-only file restarts with this data set
    membership.dataReplaced();
    stream.adopt(id, offset);
    freeBacklog();
    openBacklog();
  }

  /**
   * Continues the stream where it was cut, perhaps under a new id.
   *
   * @return the database that it had selected
   */
  int resumedAs(@Nullable String newId) {
    if (newId != null) {
      stream.branch(newId);
      replicas.disconnectAll(); // they must learn the new id
    }
    openBacklog();
    return stream.resumeDatabase();
  }

  /** Returns the data set's position in the history, with the bytes of the stream before it. */
  @Override
  public @Nullable ReplicationPoint point() {
    ReplicationPoint place = place();
    return place == null
        ? null
        : new ReplicationPoint(place.database(), place.id(), place.offset(), stream.tail());
  }

  /** Returns the data set's position in the history. */
  @Override
  public @Nullable ReplicationPoint place() {
    if (!isReplica()) {
      return backlog() == null ? null : placeWith(stream.encoder().lastDatabase());
    }
    int database = streamDatabase();
    return database == NO_DATABASE ? null : placeWith(database);
  }

  /** Returns the database that the master's stream has selected, if known; for a replica only. */
  private int streamDatabase() {
    return link.isConnected() ? link.selectedDatabase() : stream.resumeDatabase();
  }

  private ReplicationPoint placeWith(int database) {
    return new ReplicationPoint(database, id(), offset());
  }

  // Figures.

  /** Returns the memory that replication takes. */
  public ReplicationMemory memory() {
    return memory;
  }

  /** Declares the section Replication of INFO. */
  public void declareInfo(Section section) {
    new ReplicationInfo(this, settings).declare(section);
  }

  /** Returns the state of replication for metrics. */
  public ReplicationView view() {
    return new ReplicationView(this);
  }

  /** Returns the counts of synchronizations and bytes. */
  public SyncCounts counts() {
    return counts;
  }
}
