package io.redoubt.protocol.session;

/** The commands affected by a pause of clients. */
public enum Pause {
  /** None. */
  NOTHING,
  /** Commands that change data, here or on replicas. */
  WRITES,
  /** All commands of normal clients. */
  ALL
}
