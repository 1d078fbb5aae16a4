package io.redoubt.server.replication;

import org.jspecify.annotations.Nullable;

/** The changes of a replica's data set and history that the link to its master causes. */
interface ReplicaChanges {
  /** Updates what depends on the link, which is up or down now. */
  void onLinkChanged();

  /**
   * Starts a new history, from which no replica can resume: the data set is about to be replaced,
   * or is no longer at any place in the old history.
   */
  void startNewHistory();

  /**
   * Removes all keys, before the master's are loaded or after that has failed; the append-only file
   * becomes obsolete.
   */
  void dropDataSet();

  /**
   * Adopts the master's history and offset for the data set just loaded.
   *
   * @param id null if the master has no history
   */
  void onLoaded(@Nullable String id, long offset);

  /**
   * Continues the stream where it was cut.
   *
   * @param newId the id under which the master continues it, null for the old one
   * @return the database that it had selected
   */
  int resume(@Nullable String newId);
}
