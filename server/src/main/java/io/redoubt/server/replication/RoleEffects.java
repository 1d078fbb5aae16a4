package io.redoubt.server.replication;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.execution.MasterRedirect;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.replication.group.AckGroup;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.settings.ReplicationDirectives;

/**
 * The effects of the role on commands and keys: the states that refuse commands, the treatment of
 * expired keys, and the end of waits for replicas.
 */
final class RoleEffects {
  private static final CommandError DEMOTED =
      new CommandError(
          "UNBLOCKED force unblock from blocking operation, instance state changed (master ->"
              + " replica?)");

  private final ServerState state;
  private final ReplicationDirectives settings;
  private final Keyspace keyspace;
  private final ClientRegistry clients;
  private final Role role;
  private final ReplicaFeeds feeds;
  private final AckGroup group;

  RoleEffects(
      ServerState state,
      ReplicationDirectives settings,
      Keyspace keyspace,
      ClientRegistry clients,
      Role role,
      ReplicaFeeds feeds,
      AckGroup group) {
    this.state = state;
    this.settings = settings;
    this.keyspace = keyspace;
    this.clients = clients;
    this.role = role;
    this.feeds = feeds;
    this.group = group;
  }

  /** Updates the states whenever one of the directives on which they depend changes. */
  void followSettings() {
    settings.replicaReadOnly.onChange(on -> updateRefusals());
    settings.replicaServeStaleData.onChange(on -> updateRefusals());
    settings.minReplicasToWrite.onChange(count -> updateRefusals());
    settings.minReplicasMaxLag.onChange(seconds -> updateRefusals());
  }

  /** Updates the states that refuse commands. */
  void updateRefusals() {
    state.set(Refusal.LACKS_WRITES, group.isUnfit());
    state.set(Refusal.READ_ONLY_REPLICA, role.isReplica() && settings.replicaReadOnly.value());
    state.set(
        Refusal.STALE_REPLICA,
        role.isReplica() && !role.isLinkUp() && !settings.replicaServeStaleData.value());
    state.set(Refusal.INCOMPLETE, role.isDataDropped() && !state.is(Refusal.LOADING));
    state.set(
        Refusal.TOO_FEW_REPLICAS,
        !role.isReplica()
            && settings.needsGoodReplicas()
            && feeds.good() < settings.minReplicasToWrite.value());
  }

  /** Ends the wait of a restarted server for its role. */
  void endRejoin() {
    state.set(Refusal.REJOINING, false);
  }

  /** Lifts the fence of a master that a sentinel had found replaced. */
  void liftFence() {
    state.set(Refusal.FENCED, false);
  }

  /** Applies a new role to the expired keys: only a master removes them. */
  void applyToKeys() {
    keyspace.setExpiredKeys(role.isReplica() ? ExpiredKeys.HIDE : ExpiredKeys.DELETE);
    keyspace.localExpiries().clear();
  }

  /** Ends the waits of clients whose commands a replica can't finish. */
  void endWaits(String masterHost, int masterPort) {
    MasterRedirect.redirectWaiting(clients, masterHost, masterPort);
    clients.endWaits(DEMOTED);
  }
}
