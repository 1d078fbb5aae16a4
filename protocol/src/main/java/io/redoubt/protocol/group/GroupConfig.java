package io.redoubt.protocol.group;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A configuration of the group of servers that acknowledge writes. A write is acknowledged once the
 * master and {@code acks} other members have it. Only the master of a term creates configurations
 * of that term.
 *
 * <p>Any {@link #answersToElect} members (an election quorum) intersect any write quorum, the
 * master and {@link #copiesToCommit} others. A sentinel with answers of an election quorum
 * therefore learns of every acknowledged write.
 *
 * @param term the epoch of the failover that promoted the master, or a later number
 * @param version the number of the configuration within its term
 * @param acks the number of members besides the master that must acknowledge a write; 0 dissolves
 *     the group
 * @param master the id of the master, one of the members
 * @param members the ids of all members
 */
public record GroupConfig(long term, long version, int acks, String master, List<String> members)
    implements Comparable<GroupConfig> {
  /** The length of the id of a server, in hexadecimal digits. */
  public static final int ID_LENGTH = 40;

  /** The greatest term, whose 18 digits fit into files and messages. */
  public static final long MAX_TERM = 999_999_999_999_999_999L;

  /** The maximum number of members, which bounds the work at each acknowledgement. */
  static final int MAX_MEMBERS = 1024;

  private static final int FIELDS = 5;
  private static final Comparator<GroupConfig> ORDER =
      Comparator.comparingLong(GroupConfig::term).thenComparingLong(GroupConfig::version);

  /** Copies the members. */
  public GroupConfig {
    members = List.copyOf(members);
  }

  /** Returns true if a server is a member. */
  public boolean has(String id) {
    return members.contains(id);
  }

  /** Returns the number of members besides the master. */
  public int others() {
    return members.size() - 1;
  }

  /**
   * Returns the number of members besides the master that must have this configuration before it is
   * committed.
   */
  public int copiesToCommit() {
    return Math.min(acks, others());
  }

  /** Returns the size of an election quorum: the members whose promises a failover needs. */
  public int answersToElect() {
    return Math.max(1, members.size() - acks);
  }

  /** Returns the number of members that form a majority together with the master; at least one. */
  public static int majorityOf(int members) {
    return Math.max(1, members / 2);
  }

  /** Returns the next configuration of the same term. */
  public GroupConfig changed(int newAcks, List<String> newMembers) {
    return new GroupConfig(term, version + 1, newAcks, master, newMembers);
  }

  @Override
  public int compareTo(GroupConfig other) {
    return ORDER.compare(this, other);
  }

  /** Returns the word, without spaces, that {@link #parse} reads. */
  public String format() {
    return term + "," + version + "," + acks + "," + master + "," + String.join("/", members);
  }

  /** Parses a word; returns null if it is malformed. */
  public static @Nullable GroupConfig parse(String word) {
    String[] fields = word.split(",", -1);
    if (fields.length != FIELDS) {
      return null;
    }
    Set<String> members = new LinkedHashSet<>();
    for (String id : fields[4].split("/", MAX_MEMBERS + 1)) {
      if (!isId(id) || members.size() == MAX_MEMBERS || !members.add(id)) {
        return null;
      }
    }
    try {
      long term = Long.parseLong(fields[0]);
      long version = Long.parseLong(fields[1]);
      int acks = Integer.parseInt(fields[2]);
      boolean valid =
          term >= 0 && term <= MAX_TERM && version >= 0 && acks >= 0 && members.contains(fields[3]);
      return valid ? new GroupConfig(term, version, acks, fields[3], List.copyOf(members)) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Returns true if a text has the syntax of the id of a server or sentinel. */
  public static boolean isId(String text) {
    return text.length() == ID_LENGTH
        && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }
}
