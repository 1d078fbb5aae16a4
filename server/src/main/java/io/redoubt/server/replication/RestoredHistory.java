package io.redoubt.server.replication;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.replication.master.Replicas;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.settings.ReplicationDirectives;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.lang.foreign.MemorySegment;

/** Continues the history that a loaded file has recorded, before replication starts. */
public final class RestoredHistory {
  private final ReplicationDirectives settings;
  private final Role role;
  private final ReplicationStream stream;
  private final Replicas replicas;
  private final Propagation propagation;

  /** True once a loaded file has set the position in a history. */
  private boolean restored;

  RestoredHistory(
      ReplicationDirectives settings,
      Role role,
      ReplicationStream stream,
      Replicas replicas,
      Propagation propagation) {
    this.settings = settings;
    this.role = role;
    this.stream = stream;
    this.replicas = replicas;
    this.propagation = propagation;
  }

  /**
   * Restores the position in a history recorded in a file. A replica can resume from it; a master
   * starts a new id, and its replicas may resume from the old one.
   */
  public void restore(ReplicationPoint point) {
    if (restored) {
      return;
    }
    restored = true;
    stream.restore(point);
    if (settings.replicaof.value() != null) {
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
  public void onExpiredAtStart(int database, MemorySegment memory, long key, int length) {
    if (!role.isReplica() && propagation.isActive()) {
      ReplyWriter effect = propagation.effect(database, 2);
      effect.bulk("DEL");
      effect.bulk(memory, key, length);
      propagation.endUnit();
    }
  }
}
