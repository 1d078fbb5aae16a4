package io.redoubt.server.replication;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.group.GroupChain;
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
import io.redoubt.server.replication.group.AckGroup;
import io.redoubt.server.replication.group.Membership;
import io.redoubt.server.replication.group.WriteAcks;
import io.redoubt.server.replication.master.FeedContext;
import io.redoubt.server.replication.master.FullSyncs;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.master.ReplicationMemory;
import io.redoubt.server.replication.master.output.FullSyncRate;
import io.redoubt.server.replication.replica.LinkParts;
import io.redoubt.server.replication.replica.MasterConnector;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.replica.ReplicaChanges;
import io.redoubt.server.replication.replica.StreamContext;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.state.StreamRequests;
import io.redoubt.server.replication.state.SyncCounts;
import io.redoubt.server.replication.stream.Backlog;
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
 * A server's part in replication: connects its stream, its replicas and the link to its master, and
 * changes the role. Confined to the event loop.
 *
 * <p>Each state has one owner: {@link Role}; {@link ReplicationStream} for the history, the backlog
 * and the resume point; {@link ReplicaFeeds} and {@link Replicas} for the servers that follow this
 * one; {@link MasterLink} for the link to its master; {@link SyncCounts} for the counts of
 * synchronizations.
 *
 * <p>A master's stream comes from {@link Propagation}. A replica's stream is its master's, byte by
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
  private final Role role = new Role();
  private final ReplicationStream stream;
  private final SpillSpace spillSpace;
  private final ReplicaFeeds feeds;
  private final Replicas replicas;
  private final StreamRequests requests;
  private final ReplicationMemory memory;
  private final MasterLink link;
  private final Failover failover;
  private final WriteAcks writeAcks;
  private final Membership membership;
  private final AckGroup ackGroup;
  private final SyncCounts counts = new SyncCounts();

  /** True once a loaded file has set the position in a history. */
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
    stream =
        new ReplicationStream(
            clients.registry().memory(),
            environment.random(),
            settings.replication.replBacklogSize::value,
            propagation,
            role,
            this::streamGrew,
            this::streamLost);
    requests = new StreamRequests(settings, clients.registry().pauses(), stream, role);
    spillSpace = new SpillSpace(environment, settings, dataSet.context().disk(), connector::port);
    FullSyncRate rate =
        new FullSyncRate(
            clients.loop(),
            environment.clock(),
            settings.replication.replFullSyncRate::value,
            this::continueSnapshots);
    FeedContext context =
        new FeedContext(
            environment, settings, stream, appendOnlyFile, dataSet, spillSpace, counts, rate);
    feeds = new ReplicaFeeds(context);
    replicas =
        new Replicas(
            clients,
            appendOnlyFile,
            context,
            feeds,
            new FullSyncs(environment.random(), clients, context, feeds),
            requests,
            new ReplicaEvents());
    memory = new ReplicationMemory(stream, feeds);
    membership =
        new Membership(environment, clients.loop(), settings, dataSet.context(), connector::port);
    ackGroup =
        new AckGroup(
            log, clients.loop(), settings.replication, membership, feeds, requests, stream, role);
    writeAcks =
        new WriteAcks(
            environment,
            settings.replication,
            clients,
            replicas,
            stream,
            role,
            ackGroup,
            this::repliesTimedOut);
    failover = new Failover(log, clients, feeds, requests, stream, writeAcks, new RoleOrders());
    StreamContext following =
        new StreamContext(
            stream,
            role,
            appendOnlyFile,
            membership,
            failover,
            counts,
            spillSpace,
            new DataSetChanges());
    link =
        new MasterLink(
            new LinkParts(environment, settings, connector, clients, dataSet, state, following));
    appendOnlyFile.onProgress(link::becameDurable);
    clients.registry().setReplicaWaits(writeAcks);
    settings.replication.replBacklogSize.onChange(stream::resizeBacklog);
    settings.replication.replicaReadOnly.onChange(on -> updateState());
    settings.replication.replicaServeStaleData.onChange(on -> updateState());
    settings.replication.minReplicasToWrite.onChange(count -> updateState());
    settings.replication.minReplicasMaxLag.onChange(seconds -> updateState());
  }

  // Life.

  /**
   * Restores the position in a history recorded in a file, before {@link #start()}. A replica can
   * resume from it; a master starts a new id, and its replicas may resume from the old one.
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
      stream.updateEffects();
      replicas.restartIdleTime();
    }
  }

  /**
   * Propagates to resuming replicas the removal of a key that had expired when the data set was
   * loaded.
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
   * Reads the promises of this server to sentinels. The port must be open, since it is part of the
   * file's name, and no request may have been executed.
   *
   * @throws IOException if the file can't be read
   */
  public void open() throws IOException {
    membership.load();
  }

  /** Starts replication, as a replica if the configuration names a master. */
  public void start() {
    replicas.start();
    if (settings.replication.replicaof.value() != null) {
      link.follow();
    }
    roleChanged();
    ackGroup.started(
        appendOnlyFile.isEnabled()
            && settings.persistence.appendfsync.value() == Appendfsync.ALWAYS);
    updateState();
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
    stream.freeBacklog();
  }

  /** Deletes the file of a full sync being received, before the process exits. */
  public void deleteReceived() {
    link.deleteReceived();
  }

  private void cron() {
    link.cron();
    writeAcks.cron();
    requests.cron(!feeds.all().isEmpty());
    ackGroup.cron();
    replicas.cron();
    failover.look();
    releaseBacklog();
  }

  /** Starts a new history after effects could not be appended: replicas need a full sync. */
  private void streamLost() {
    if (!feeds.all().isEmpty()) {
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
      stream.freeBacklog();
      log.notice("Replication backlog freed after %d seconds without connected replicas.", seconds);
    }
  }

  // Role.

  /** Returns true if this server follows a master. */
  public boolean isReplica() {
    return role.isReplica();
  }

  /** Returns true if the master link is up. */
  public boolean isLinkUp() {
    return link.isConnected();
  }

  /** Returns true if the server already follows the given master. */
  public boolean follows(String address, int port) {
    return isReplica() && IpAddress.same(link.masterHost(), address) && link.masterPort() == port;
  }

  /**
   * Records an explicit order that sets the role: a restarted server stops waiting for its role,
   * and the fence is lifted.
   */
  void roleGiven() {
    state.set(Refusal.REJOINING, false);
    liftFence();
    updateState();
  }

  private void liftFence() {
    roleOrders++;
    state.set(Refusal.FENCED, false);
  }

  /** Returns the number of role changes and of orders that confirmed the current role. */
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
      stream.openBacklog();
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

  /** Handles REPLICAOF with the current master. */
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
   * @param ordered the term promised to the sentinel that orders it, -1 if none does
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
    role.setDataDropped(false); // the order accepts the data set as it is
    roleChanged();
    ackGroup.appointed(ordered);
    updateState();
  }

  private void roleChanged() {
    liftFence();
    dataSet.keyspace().expiredKeys(isReplica() ? ExpiredKeys.HIDE : ExpiredKeys.DELETE);
    dataSet.keyspace().localExpiries().clear();
    updateState();
    stream.updateEffects();
    writeAcks.update();
  }

  /** Updates the states that refuse commands. */
  void updateState() {
    state.set(Refusal.LACKS_WRITES, ackGroup.isUnfit());
    state.set(
        Refusal.READ_ONLY_REPLICA, isReplica() && settings.replication.replicaReadOnly.value());
    state.set(
        Refusal.STALE_REPLICA,
        isReplica() && !link.isConnected() && !settings.replication.replicaServeStaleData.value());
    state.set(Refusal.INCOMPLETE, role.isDataDropped() && !state.is(Refusal.LOADING));
    state.set(
        Refusal.TOO_FEW_REPLICAS,
        !isReplica()
            && needsGoodReplicas()
            && feeds.good() < settings.replication.minReplicasToWrite.value());
  }

  /** Returns true if writes require a minimum number of good replicas. */
  boolean needsGoodReplicas() {
    return settings.replication.minReplicasToWrite.value() > 0
        && settings.replication.minReplicasMaxLag.value() > 0;
  }

  // The stream.

  /** Adopts the group announced in the master's stream; ignores a malformed announcement (null). */
  void groupAnnounced(@Nullable GroupChain chain, List<String> tokens) {
    if (chain != null && isReplica()) {
      membership.received(chain, tokens, link::acknowledge);
    }
  }

  /** Returns the id of the history. */
  public String id() {
    return history().id();
  }

  /** Returns the current offset of the stream, in bytes. */
  @Override
  public long offset() {
    return history().offset();
  }

  ReplicationHistory history() {
    return stream.history();
  }

  @Nullable Backlog backlog() {
    return stream.backlog();
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

  ReplicaFeeds feeds() {
    return feeds;
  }

  SpillSpace spillSpace() {
    return spillSpace;
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

  /** Sets the receiver of the delay of replies, called with null while no reply is delayed. */
  public void onReplyAcks(Consumer<@Nullable ReplyAcks> receiver) {
    writeAcks.onSwitch(receiver);
  }

  /**
   * Returns a log line for each replica that has not acknowledged the whole stream; used by
   * SHUTDOWN, which waits for these replicas.
   */
  public List<String> laggingReplicas() {
    return feeds.lagging(offset());
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
    return feeds.all().size();
  }

  /** Asks all replicas to acknowledge their offsets. */
  public void askForAcks() {
    replicas.askForAcks();
  }

  // The link to the master.

  private void discardResumePoint() {
    if (stream.discardResumePoint()) {
      log.notice("Discarding previously cached master state.");
    }
  }

  private void startNewHistory() {
    if (isReplica()) {
      membership.dataGoes();
    }
    discardResumePoint();
    replicas.disconnectAll();
    stream.freeBacklog();
    stream.startNewHistory();
  }

  /** The changes of the data set made by the link to the master. */
  private final class DataSetChanges implements ReplicaChanges {
    @Override
    public void onLinkChanged() {
      updateState();
    }

    @Override
    public void startNewHistory() {
      Replication.this.startNewHistory();
    }

    @Override
    public void dropDataSet() {
      appendOnlyFile.dataSetGoes();
      dataSet.clear();
      role.setDataDropped(true);
      updateState();
    }

    @Override
    public void onLoaded(@Nullable String id, long offset) {
      role.setDataDropped(false); // the link comes up next and updates the state
      appendOnlyFile.dataSetGoes(); // the append-only file restarts with this data set
      membership.dataReplaced();
      stream.adopt(id, offset);
      stream.freeBacklog();
      stream.openBacklog();
    }

    @Override
    public int resume(@Nullable String newId) {
      if (newId != null) {
        stream.branch(newId);
        replicas.disconnectAll(); // they must learn the new id
      }
      stream.openBacklog();
      return stream.resumeDatabase();
    }
  }

  /** Applies changes of replicas to the state of this server. */
  private final class ReplicaEvents implements Replicas.Listener {
    @Override
    public void onReplicasChanged() {
      ackGroup.refresh();
    }

    @Override
    public void onGoodReplicasChanged() {
      updateState();
    }

    @Override
    public void onMemberState(ReplicaFeed feed) {
      ackGroup.reported(feed);
    }

    @Override
    public void onAcknowledged(ReplicaFeed feed) {
      ackGroup.acknowledged();
      writeAcks.acknowledged(feed);
      failover.look();
    }
  }

  /** The role changes of a failover. */
  private final class RoleOrders implements Failover.RoleChange {
    @Override
    public void follow(String host, int port) {
      Replication.this.follow(host, port);
    }

    @Override
    public void becomeMaster() {
      Replication.this.becomeMaster();
    }
  }

  private void streamGrew() {
    replicas.streamGrew();
  }

  private void repliesTimedOut() {
    failover.look();
  }

  private void continueSnapshots() {
    replicas.goOnWithSnapshots();
  }

  /**
   * Returns the offset of the data set; 1, as in Redis, if there is none, so that a sentinel does
   * not choose this server for its former data.
   */
  long dataOffset() {
    return role.isDataDropped() ? 1 : offset();
  }

  /** Returns true if the data set was dropped and its replacement is incomplete. */
  boolean isDataDropped() {
    return role.isDataDropped();
  }

  /** Returns the data set's position in the history, with the end of the backlog. */
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

  /** Returns the counts of synchronizations and bytes. */
  public SyncCounts counts() {
    return counts;
  }
}
