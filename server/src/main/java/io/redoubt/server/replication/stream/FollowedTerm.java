package io.redoubt.server.replication.stream;

import org.jspecify.annotations.Nullable;

/**
 * The latest term that a member of a group has followed, announced in the handshake: a master of an
 * earlier term must not replace the member's data.
 */
public record FollowedTerm(String member, long term) {
  private static final String CAPABILITY = "followed-term:";

  /** Returns the announcement, which {@link #parse} reads. */
  String capability() {
    return CAPABILITY + term + ":" + member;
  }

  /** Parses a capability; returns null for any other capability. */
  public static @Nullable FollowedTerm parse(String capability) {
    if (!capability.matches(CAPABILITY + "[0-9]{1,18}:[0-9a-f]{40}")) {
      return null;
    }
    String[] fields = capability.split(":", -1);
    return new FollowedTerm(fields[2], Long.parseLong(fields[1]));
  }
}
