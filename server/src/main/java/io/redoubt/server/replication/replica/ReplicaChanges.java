package io.redoubt.server.replication.replica;

import org.jspecify.annotations.Nullable;

/** The changes of a replica's data set and history caused by the link to its master. */
public interface ReplicaChanges {
  /** Updates the state that depends on the link, after it has come up or gone down. */
  void onLinkChange();

  /**
   * Starts a new history from which no replica can resume: the data set is about to be replaced, or
   * matches no offset of the old history.
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
   * Resumes the stream at the end of the own history.
   *
   * @param newId the id under which the master continues it, null for the old one
   * @return the database that the stream had selected
   */
  int resume(@Nullable String newId);
}
