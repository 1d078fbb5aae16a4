package io.redoubt.server.replication;

import io.redoubt.protocol.process.Log;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.replication.group.Membership;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.replica.ReplicaChanges;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import org.jspecify.annotations.Nullable;

/** The changes of the data set made by the link to the master, and the new histories they need. */
final class DataSetChanges implements ReplicaChanges {
  private final Log log;
  private final AppendOnlyFile appendOnlyFile;
  private final ReplicatedDataSet dataSet;
  private final Role role;
  private final ReplicationStream stream;
  private final Replicas replicas;
  private final Membership membership;
  private final RoleEffects effects;

  DataSetChanges(
      Log log,
      AppendOnlyFile appendOnlyFile,
      ReplicatedDataSet dataSet,
      Role role,
      ReplicationStream stream,
      Replicas replicas,
      Membership membership,
      RoleEffects effects) {
    this.log = log;
    this.appendOnlyFile = appendOnlyFile;
    this.dataSet = dataSet;
    this.role = role;
    this.stream = stream;
    this.replicas = replicas;
    this.membership = membership;
    this.effects = effects;
  }

  @Override
  public void onLinkChange() {
    effects.updateRefusals();
  }

  @Override
  public void startNewHistory() {
    if (role.isReplica()) {
      membership.dataGoes();
    }
    if (stream.discardResumePoint()) {
      log.notice("Discarding previously cached master state.");
    }
    replicas.disconnectAll();
    stream.freeBacklog();
    stream.startNewHistory();
  }

  @Override
  public void dropDataSet() {
    appendOnlyFile.dataSetGoes();
    dataSet.clear();
    role.setDataDropped(true);
    effects.updateRefusals();
  }

  @Override
  public void onLoaded(@Nullable String id, long offset) {
    role.setDataDropped(false); // the link comes up next and updates the state
    appendOnlyFile.dataSetGoes(); // the append-only file restarts with this data set
    membership.onDataReplaced();
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
