package io.redoubt.server.replication;

import io.redoubt.server.snapshot.context.SnapshotContext;

/** A data set that is loaded beside the served one and replaces it when it is complete. */
public interface SpareDataSet {
  /** Returns the context of the loads that fill it. */
  SnapshotContext context();

  /** Takes the place of the data set that is served; the old one is freed in the background. */
  void takeOver();

  /** Discards the data set; it is freed in the background. */
  void discard();
}
