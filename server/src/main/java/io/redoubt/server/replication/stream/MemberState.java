package io.redoubt.server.replication.stream;

import io.redoubt.protocol.group.GroupConfig;
import org.jspecify.annotations.Nullable;

/**
 * A replica's report of its membership in a group, sent with its acknowledgements.
 *
 * @param id empty if it has not reported
 * @param promised the term that it has promised: it acknowledges no master of an earlier one
 * @param term the term of its newest durable configuration, -1 for none
 * @param version the version of that configuration
 * @param complete true if it has lost nothing that it may have acknowledged
 * @param token its token while it is incomplete
 * @param asked true once it was asked to report
 */
public record MemberState(
    String id,
    long promised,
    long term,
    long version,
    boolean complete,
    String token,
    boolean asked) {
  /** The option of REPLCONF ACK that reports it. */
  public static final String OPTION = "GROUP";

  public static final MemberState UNKNOWN = new MemberState("", 0, -1, -1, false, "", false);

  private static final int FIELDS = 6;

  /** Parses the report of {@code Membership.ackWord}; returns null if it is damaged. */
  public static @Nullable MemberState parse(String word) {
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

  /** Returns true if it has neither reported nor been asked to. */
  public boolean isToBeAsked() {
    return id.isEmpty() && !asked;
  }

  /** Returns true if a configuration is its newest durable one. */
  public boolean has(GroupConfig config) {
    return term == config.term() && version == config.version();
  }

  /**
   * Returns true if it is incomplete or lacks a configuration; false if it exchanges no group
   * state.
   */
  public boolean lacks(GroupConfig config) {
    return !id.isEmpty() && (!complete || !has(config));
  }
}
