package io.redoubt.server.cluster.core;

import java.util.HashSet;
import java.util.Set;

/** The attempt of this replica to be elected. */
final class Candidacy {
  final Set<Node> voters = new HashSet<>();

  /** The time at which it begins, {@link Node#NEVER} if none is planned. */
  long startAt = Node.NEVER;

  /** The time to ask the silent masters again after a start at once. */
  long askAgainAt = Node.NEVER;

  /** True if it may start at once. */
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
