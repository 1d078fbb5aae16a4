package io.redoubt.server.replication;

import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.AwaitedReplies;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.group.AckGroup;
import io.redoubt.server.replication.group.GroupCommands;
import io.redoubt.server.replication.group.GroupParts;
import io.redoubt.server.replication.group.Membership;
import io.redoubt.server.replication.group.WriteAcks;
import io.redoubt.server.replication.group.WriteAcksCommand;
import io.redoubt.server.replication.master.FeedContext;
import io.redoubt.server.replication.master.FullSyncs;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.master.ReplicationMemory;
import io.redoubt.server.replication.master.WaitCommand;
import io.redoubt.server.replication.master.output.FullSyncRate;
import io.redoubt.server.replication.replica.LinkParts;
import io.redoubt.server.replication.replica.MasterConnector;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.replica.StreamContext;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.state.StreamRequests;
import io.redoubt.server.replication.state.SyncCounts;
import io.redoubt.server.settings.PersistenceDirectives.Appendfsync;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of replication, from the ground up: each gets through its constructor those before it
 * that it needs. Where an earlier part reports to a later one, it gets a narrow interface that this
 * class implements. Confined to the event loop.
 */
public final class ReplicationParts implements AutoCloseable {
  private static final long CRON_MILLIS = 1000;

  private final Log log;
  private final ServerDirectives settings;
  private final AppendOnlyFile appendOnlyFile;
  private final ServerClients clients;
  private final Role role = new Role();
  private final SyncCounts counts = new SyncCounts();
  private final ReplicationStream stream;
  private final SpillSpace spillSpace;
  private final ReplicaFeeds feeds;
  private final Replicas replicas;
  private final StreamRequests requests;
  private final ReplicationMemory memory;
  private final GroupParts group;
  private final Failover failover;
  private final RoleEffects effects;
  private final DataSetChanges changes;
  private final MasterLink link;
  private final Replication roles;
  private final ReplicationPosition position;
  private final RestoredHistory restored;

  private @Nullable Cancellable cron;

  /** Creates the replication of a master without replicas, at the start of a new history. */
  public ReplicationParts(
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
    this.appendOnlyFile = appendOnlyFile;
    this.clients = clients;
    ClientRegistry registry = clients.registry();
    Pauses pauses = registry.pauses();
    SnapshotContext files = dataSet.context();
    stream =
        new ReplicationStream(
            registry.memory(),
            environment.random(),
            settings.replication.replBacklogSize::value,
            propagation,
            role,
            this::streamGrew,
            this::onStreamLost);
    requests = new StreamRequests(settings, pauses, stream, role);
    spillSpace = new SpillSpace(environment, settings, files.disk(), connector::port);
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
    Membership membership =
        new Membership(environment, clients.loop(), settings, files, connector::port);
    AckGroup acks =
        new AckGroup(
            log, clients.loop(), settings.replication, membership, feeds, requests, stream, role);
    WriteAcks replies =
        new WriteAcks(
            environment,
            settings.replication,
            clients,
            replicas,
            stream,
            role,
            acks,
            this::repliesTimedOut);
    group = new GroupParts(membership, acks, replies);
    failover =
        new Failover(
            log, clients.loop(), pauses, feeds, requests, stream, replies, new RoleOrders());
    effects =
        new RoleEffects(
            state, settings.replication, dataSet.keyspace(), registry, role, feeds, acks);
    changes =
        new DataSetChanges(
            log, appendOnlyFile, dataSet, role, stream, replicas, membership, effects);
    StreamContext following =
        new StreamContext(
            stream, role, appendOnlyFile, membership, failover, counts, spillSpace, changes);
    link =
        new MasterLink(
            new LinkParts(environment, settings, connector, clients, dataSet, state, following));
    roles =
        new Replication(log, settings.replication, role, stream, replicas, group, link, effects);
    position = new StreamPosition(role, stream, link);
    restored = new RestoredHistory(settings.replication, role, stream, replicas, propagation);
    subscribe();
  }

  private void subscribe() {
    appendOnlyFile.onProgress(replicas::becameDurable);
    appendOnlyFile.onProgress(link::becameDurable);
    settings.replication.replBacklogSize.onChange(stream::resizeBacklog);
    group.replies().followSettings();
    effects.followSettings();
  }

  // Life.

  /**
   * Reads the promises of this server to sentinels. The port must be open, since it is part of the
   * file's name, and no request may have been executed.
   *
   * @throws IOException if the file can't be read
   */
  public void open() throws IOException {
    group.membership().load();
  }

  /** Starts replication, as a replica if the configuration names a master. */
  public void start() {
    replicas.start();
    roles.start();
    group
        .acks()
        .onStart(
            appendOnlyFile.isEnabled()
                && settings.persistence.appendfsync.value() == Appendfsync.ALWAYS);
    effects.updateRefusals();
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
    group.membership().close();
    stream.freeBacklog();
  }

  private void cron() {
    link.cron();
    group.replies().cron();
    requests.cron(!feeds.all().isEmpty());
    group.acks().cron();
    replicas.cron();
    failover.completeIfCaughtUp();
    releaseBacklog();
  }

  private void releaseBacklog() {
    long seconds = settings.replication.replBacklogTtl.value();
    if (role.isReplica() || stream.backlog() == null || seconds == 0 || group.replies().isOn()) {
      return;
    }
    if (replicas.idleMillis() > seconds * 1000) {
      stream.startNewHistory();
      stream.freeBacklog();
      log.notice("Replication backlog freed after %d seconds without connected replicas.", seconds);
    }
  }

  // Parts for others.

  /** Returns the changes of the role. */
  public Replication roles() {
    return roles;
  }

  /** Returns true if this server follows a master. */
  public boolean isReplica() {
    return role.isReplica();
  }

  /** Returns the data set's position in the history. */
  public ReplicationPosition position() {
    return position;
  }

  /** Returns the history recorded in a loaded file, to continue before {@link #start()}. */
  public RestoredHistory restored() {
    return restored;
  }

  public ReplicationMemory memory() {
    return memory;
  }

  /** Returns the counts of synchronizations and bytes. */
  public SyncCounts counts() {
    return counts;
  }

  public List<CommandGroup<Call>> commands() {
    return List.of(
        new ReplicationCommands(log, roles, role, stream, replicas, group, link, failover),
        new WaitCommand(role, replicas),
        new WriteAcksCommand(group.replies()),
        new GroupCommands(group.membership(), group.acks(), role, stream, link::acknowledge),
        new FailoverCommand(failover, role, feeds));
  }

  public ReplicationInfo info() {
    return new ReplicationInfo(settings, role, stream, feeds, group, link, failover, spillSpace);
  }

  public ReplicationView view() {
    return new ReplicationView(role, stream, feeds, link, failover);
  }

  /** Registers output that waits for the acknowledgements of replicas. */
  public void await(AwaitedReplies replies) {
    group.replies().await(replies);
  }

  /** Resumes the master's stream if a pause of clients has ended. */
  public void onPausesChange() {
    link.onPausesChange();
  }

  // Shutdown.

  /** Deletes the file of a full sync being received, before the process exits. */
  public void deleteReceived() {
    link.deleteReceived();
  }

  /**
   * Returns a log line for each replica that has not acknowledged the whole stream; used by
   * SHUTDOWN, which waits for these replicas.
   */
  public List<String> laggingReplicas() {
    return feeds.lagging(stream.offset());
  }

  /** Pauses or resumes the master's stream, so that this server's replicas can catch up. */
  public void holdStream(boolean held) {
    link.hold(held);
  }

  /**
   * Returns true while a FAILOVER has made this server a replica, and its replica no master yet.
   */
  public boolean isHandingOver() {
    return failover.isHandingOver();
  }

  public int replicaCount() {
    return feeds.all().size();
  }

  /** Asks all replicas to acknowledge their offsets. */
  public void askForAcks() {
    replicas.askForAcks();
  }

  // Reports of earlier parts to later ones.

  private void streamGrew() {
    replicas.streamGrew();
  }

  /** Starts a new history after effects could not be appended: replicas need a full sync. */
  private void onStreamLost() {
    if (!feeds.all().isEmpty()) {
      log.warning(
          "A write ran out of memory half-way: the replicas lack it until their next full sync.");
    }
    changes.startNewHistory();
  }

  private void repliesTimedOut() {
    failover.completeIfCaughtUp();
  }

  private void continueSnapshots() {
    replicas.goOnWithSnapshots();
  }

  /** Applies changes of replicas to the state of this server and its group. */
  private final class ReplicaEvents implements Replicas.Listener {
    @Override
    public void onReplicasChanged() {
      group.acks().refresh();
    }

    @Override
    public void onGoodReplicasChanged() {
      effects.updateRefusals();
    }

    @Override
    public void onMemberState(ReplicaFeed feed) {
      group.acks().onReport(feed);
    }

    @Override
    public void onAcknowledged(ReplicaFeed feed) {
      group.acks().onAcknowledged();
      group.replies().onAcknowledged(feed);
      failover.completeIfCaughtUp();
    }
  }

  /** The role changes of a failover. */
  private final class RoleOrders implements Failover.RoleChange {
    @Override
    public void follow(String host, int port) {
      roles.follow(host, port);
    }

    @Override
    public void becomeMaster() {
      roles.becomeMaster();
    }
  }
}
