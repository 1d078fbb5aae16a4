package io.redoubt.server.replication.state;

import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.snapshot.Snapshots;
import io.redoubt.server.snapshot.context.SnapshotContext;

/** The data set sent to replicas, and replaced by a master's. */
public interface ReplicatedDataSet {
  Keyspace keyspace();

  Snapshots snapshots();

  /** Returns the context of loads that fill the data set. */
  SnapshotContext context();

  /** Returns the progress of a load; commands are refused with LOADING during one. */
  LoadProgress progress();

  /** Creates an empty data set to load while this one is served. */
  SpareDataSet spare();

  /** Removes all keys and functions, as FLUSHALL and FUNCTION FLUSH do. */
  void clear();
}
