package io.redoubt.protocol.session;

/** What must wait while clients are paused. */
public enum Pause {
  /** No pause. */
  NOTHING,
  /** Commands that change data, here or on replicas. */
  WRITES,
  /** Every command of normal clients. */
  ALL
}
