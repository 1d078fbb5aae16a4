package io.redoubt.server.cluster.core;

import java.util.HashSet;
import java.util.Set;

/** The state of this replica's attempt to be elected. */
final class Candidacy {
  final Set<Node> voters = new HashSet<>();

  /** The start of the election, {@link Node#NEVER} if none is planned. */
  long startAt = Node.NEVER;

  /** The time to ask silent masters again, if the election started without a delay. */
  long askAgainAt = Node.NEVER;

  /** True if the election may start without a delay. */
  boolean hasty;

  /** True once votes are requested. */
  boolean standing;

  void end() {
    startAt = Node.NEVER;
    askAgainAt = Node.NEVER;
    standing = false;
    hasty = false;
    voters.clear();
  }
}
