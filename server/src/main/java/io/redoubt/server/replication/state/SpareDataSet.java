package io.redoubt.server.replication.state;

import io.redoubt.server.snapshot.context.SnapshotContext;

/** A data set loaded while another is served, which it replaces once complete. */
public interface SpareDataSet {
  /** Returns the context of the loads that fill it. */
  SnapshotContext context();

  /** Replaces the served data set, which is freed in the background. */
  void takeOver();

  /** Discards the data set; it is freed in the background. */
  void discard();
}
