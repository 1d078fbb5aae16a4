package io.redoubt.sentinel.core;

import java.util.Locale;

/** A reason why no node, or not this one, may be promoted now; see {@link Promotions}. */
enum Objection {
  // To a failover as a whole.
  /** The master is not down in the view of a quorum. */
  NOT_DOWN,
  /** This sentinel may have lost its votes with its file; see {@link SentinelWorld#isJoining}. */
  JOINING,
  /** The failover has been started already. */
  IN_PROGRESS,
  /** No epoch is left for another failover. */
  NO_EPOCH,
  /** A vote was given in this epoch or a later one. */
  OLD_EPOCH,
  /** Another sentinel may be leading a failover. */
  OTHER_LEADER,
  /** The pause after the last attempt has not ended. */
  TOO_EARLY,
  /** Too few sentinels are reachable to be elected. */
  NO_MAJORITY,
  /** This sentinel was not elected in the failover's epoch. */
  NOT_ELECTED,
  /** A node may hold a lease from this sentinel and accept writes under it. */
  LEASE,
  /** Members of the group must promise first that they acknowledge no earlier master. */
  PROMISES_NEEDED,
  /** No promotable replica is known to have all acknowledged writes. */
  ACKNOWLEDGED_WRITES,
  /** The master's writes could not be stopped first, as ordered. */
  WRITES_CONTINUE,
  /** The master may have resumed its writes. */
  PAUSE_EXPIRED,
  /** No replica is fit. */
  NO_REPLICA,

  // To a replica.
  /** It is subjectively down. */
  DOWN,
  /** It is not connected. */
  DISCONNECTED,
  /** It has not answered PING recently. */
  SILENT,
  /** Its last INFO is too old, or missing. */
  STALE_INFO,
  /** Its priority is 0. */
  PRIORITY_ZERO,
  /** It was without its master for too long. */
  STALE_DATA,
  /** It is a master that may have returned with old data or none. */
  UNTRUSTED,
  /** It belongs to another master, too, and does not follow this one. */
  OTHER_GROUP,
  /** It did not catch up, or did not become a master in time. */
  TOO_SLOW,
  /** It may have restarted since its promise, and lost data. */
  RESTARTED,
  /** It has promised another sentinel to acknowledge only a later master. */
  OUTPROMISED;

  /** Returns the reason in words, as in the log. */
  String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
