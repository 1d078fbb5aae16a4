package io.redoubt.server.replication;

import io.redoubt.protocol.group.GroupConfig;
import org.jspecify.annotations.Nullable;

/**
 * A replica's report of itself as a member of a group, sent with its acknowledgements.
 *
 * @param id empty if it has reported nothing
 * @param promised the term below which it acknowledges no master
 * @param term that of the newest configuration on its disk, -1 for none
 * @param version of that configuration
 * @param complete true if it has lost nothing that it may have acknowledged
 * @param token its token while it is incomplete
 * @param asked true once it was asked to report
 */
record MemberState(
    String id,
    long promised,
    long term,
    long version,
    boolean complete,
    String token,
    boolean asked) {
  /** The option of REPLCONF ACK that reports it. */
  static final String OPTION = "GROUP";

  static final MemberState UNKNOWN = new MemberState("", 0, -1, -1, false, "", false);

  private static final int FIELDS = 6;

  /** Parses the report of {@link Membership#ackWord}; returns null if it is damaged. */
  static @Nullable MemberState parse(String word) {
    String[] fields = word.split(":", -1);
    if (fields.length != FIELDS || fields[4].length() != GroupConfig.ID_LENGTH) {
      return null;
    }
    try {
      long promised = Long.parseLong(fields[0]);
      if (promised >= GroupConfig.MAX_TERM) {
        return null; // no later term could be stored
      }
      return new MemberState(
          fields[4],
          promised,
          Long.parseLong(fields[1]),
          Long.parseLong(fields[2]),
          fields[3].equals("1"),
          fields[5],
          true);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Returns true if it has reported nothing and was not asked to. */
  boolean isToBeAsked() {
    return id.isEmpty() && !asked;
  }

  /** Returns true if it has a configuration on its disk. */
  boolean has(GroupConfig config) {
    return term == config.term() && version == config.version();
  }

  /** Returns true if it exchanges group state and must be sent a configuration. */
  boolean lacks(GroupConfig config) {
    return !id.isEmpty() && (!complete || !has(config));
  }
}
