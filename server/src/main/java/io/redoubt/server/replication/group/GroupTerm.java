package io.redoubt.server.replication.group;

import io.redoubt.protocol.process.Log;

/** The term under which this server is the master of its group, and later terms it has heard of. */
final class GroupTerm {
  private final Log log;
  private final Membership membership;
  private long number;

  /**
   * The offset after the first configuration of the term, -1 before it is in the stream. Earlier
   * writes of the term count as acknowledged only together with it, since a sentinel prefers
   * members that have a configuration of the latest term.
   */
  private long start = -1;

  /** The latest term of another master that a member has followed, -1 if none has. */
  private long laterMaster = -1;

  private boolean logged;

  GroupTerm(Log log, Membership membership) {
    this.log = log;
    this.membership = membership;
  }

  long number() {
    return number;
  }

  /** Resumes a saved term, whose first configuration is in the stream. */
  void resume(long saved) {
    number = saved;
    start = 0;
  }

  /**
   * Starts a term that is later than all known ones.
   *
   * @param ordered the term promised to the sentinel that orders it, -1 if it is ordered otherwise
   */
  void begin(long ordered) {
    number = membership.appointed(ordered, laterMaster);
    laterMaster = -1;
    start = -1;
    logged = false;
  }

  /** Records the offset after a configuration of the term, unless an earlier one is known. */
  void setStart(long offset) {
    if (start < 0) {
      start = offset;
    }
  }

  /** Returns an acknowledged offset, or 0 if it precedes the first configuration of the term. */
  long countedFrom(long offset) {
    return start >= 0 && offset >= start ? offset : 0;
  }

  /** Records that a member has followed another master. */
  void setFollowed(long other) {
    laterMaster = Math.max(laterMaster, other);
    complain();
  }

  /**
   * Returns the latest term that this server has promised or that a later master is known to have.
   */
  long latest() {
    return Math.max(membership.promised(), laterMaster);
  }

  /** Returns true if this server has promised a later term or knows a later master. */
  boolean isSuperseded() {
    return latest() > number;
  }

  /** Logs once in a term that writes are not acknowledged because of a later one. */
  void complain() {
    if (!logged) {
      logged = true;
      log.warning(
          "A failover in a later term than %d has begun: writes are not acknowledged until the"
              + " sentinels have finished it.",
          number);
    }
  }
}
