package io.redoubt.server.replication;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.replication.group.GroupParts;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ReplicationDirectives;

/**
 * The changes of a server's role: it follows a master, or becomes one. Confined to the event loop.
 *
 * <p>Each state has one owner: {@link Role}; {@link ReplicationStream} for the history, the backlog
 * and the resume point; {@link Replicas} for the servers that follow this one; {@link MasterLink}
 * for the link to its master; {@link GroupParts} for the group that acknowledges writes.
 *
 * <p>A master's stream comes from the effects of its commands. A replica's stream is its master's,
 * byte by byte, so that ids and offsets are equal throughout a chain.
 */
public final class Replication {
  private final Log log;
  private final ReplicationDirectives settings;
  private final Role role;
  private final ReplicationStream stream;
  private final Replicas replicas;
  private final GroupParts group;
  private final MasterLink link;
  private final RoleEffects effects;
  private long roleOrders;

  Replication(
      Log log,
      ReplicationDirectives settings,
      Role role,
      ReplicationStream stream,
      Replicas replicas,
      GroupParts group,
      MasterLink link,
      RoleEffects effects) {
    this.log = log;
    this.settings = settings;
    this.role = role;
    this.stream = stream;
    this.replicas = replicas;
    this.group = group;
    this.link = link;
    this.effects = effects;
  }

  /** Returns true if this server follows a master. */
  public boolean isReplica() {
    return role.isReplica();
  }

  /** Returns true if the server already follows the given master. */
  public boolean follows(String address, int port) {
    return isReplica() && IpAddress.same(link.masterHost(), address) && link.masterPort() == port;
  }

  /** Returns the number of role changes and of orders that confirmed the current role. */
  public long roleOrders() {
    return roleOrders;
  }

  /** Takes the role that the configuration names. */
  void start() {
    if (settings.replicaof.value() != null) {
      link.follow();
    }
    onRoleChange();
  }

  /**
   * Records an explicit order that sets the role: a restarted server stops waiting for its role,
   * and the fence is lifted.
   */
  void onRoleGiven() {
    effects.endRejoin();
    liftFence();
    effects.updateRefusals();
  }

  private void liftFence() {
    roleOrders++;
    effects.liftFence();
  }

  /** Starts a new id, so that no replica can resume: for tests. */
  public void changeId() {
    stream.startNewHistory();
  }

  /** Follows a master: REPLICAOF host port. */
  public void follow(String address, int port) {
    boolean wasReplica = isReplica();
    link.stop();
    if (!wasReplica) {
      stream.takeBackPromotion();
      group.membership().onDataLost();
      log.notice(
          "Before turning into a replica, using my own master parameters to synthesize a cached"
              + " master: I may be able to synchronize with the new master with just a partial"
              + " transfer.");
      stream.keepResumePoint();
      stream.openBacklog();
      group.replies().onDemoted();
      effects.endWaits(address, port);
    }
    settings.replicaof.set(new HostPort(address, port));
    link.follow();
    onRoleChange();
    link.connectByOrder();
  }

  /** Handles REPLICAOF with the current master. */
  void onMasterConfirmed() {
    link.onConfirmed();
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
    int database = link.streamDatabase();
    link.stop();
    if (stream.discardResumePoint()) {
      log.notice("Discarding previously cached master state.");
    }
    stream.promote(database);
    ReplicationHistory history = stream.history();
    log.warning(
        "Setting secondary replication ID to %s, valid up to offset: %d. New replication ID is"
            + " %s",
        history.secondId(), history.secondOffset(), history.id());
    settings.replicaof.set((HostPort) null);
    replicas.disconnectAll(); // replicas must learn the new id
    replicas.restartIdleTime();
    group.replies().onPromoted();
    role.setDataDropped(false); // the order accepts the data set as it is
    onRoleChange();
    group.acks().onAppointed(ordered);
    effects.updateRefusals();
  }

  private void onRoleChange() {
    liftFence();
    effects.applyToKeys();
    effects.updateRefusals();
    stream.updateEffects();
    group.replies().update();
  }
}
