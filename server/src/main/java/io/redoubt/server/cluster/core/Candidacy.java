package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import java.util.HashSet;
import java.util.Set;

/** The state of this replica's attempt to be elected. */
final class Candidacy {
  final Set<Node> voters = new HashSet<>();

  /** The start of the election, {@link MachineClock#NEVER} if none is planned. */
  long startAt = MachineClock.NEVER;

  /** The time to ask silent masters again, if the election started without a delay. */
  long askAgainAt = MachineClock.NEVER;

  /** True if the election may start without a delay. */
  boolean hasty;

  /** True once votes are requested. */
  boolean standing;

  void end() {
    startAt = MachineClock.NEVER;
    askAgainAt = MachineClock.NEVER;
    standing = false;
    hasty = false;
    voters.clear();
  }
}
