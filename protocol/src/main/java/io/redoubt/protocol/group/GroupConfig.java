package io.redoubt.protocol.group;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A group of servers that acknowledge writes: a write counts as acknowledged once {@code acks}
 * members have it besides the master. The master makes the configurations of its term.
 *
 * <p>The master with {@link #copiesToCommit} more members, and any {@link #answersToElect} members,
 * have one in common. Hence a sentinel that has heard the latter knows of everything that is
 * acknowledged, whoever of them was the master.
 *
 * @param term the epoch of the failover that made the master, or a later number
 * @param version counts the configurations of a term
 * @param acks the number of members that must acknowledge; 0 dissolves the group
 * @param master the id of the master, one of the members
 * @param members the ids of all members
 */
public record GroupConfig(long term, long version, int acks, String master, List<String> members)
    implements Comparable<GroupConfig> {
  /** The length of the id of a server, in hexadecimal digits. */
  public static final int ID_LENGTH = 40;

  /** The greatest term that files and messages have room for, of 18 digits. */
  public static final long MAX_TERM = 999_999_999_999_999_999L;

  /** The maximum number of members; each is compared with those that acknowledge. */
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

  /** Returns the number of members besides the master that must know it before it is in force. */
  public int copiesToCommit() {
    return Math.min(acks, others());
  }

  /** Returns the number of members that a failover must hear and bind. */
  public int answersToElect() {
    return Math.max(1, members.size() - acks);
  }

  /** Returns the number of others that make a majority together with the master, at least one. */
  public static int majorityOf(int members) {
    return Math.max(1, members / 2);
  }

  /** Returns the next configuration of the same master. */
  public GroupConfig changed(int newAcks, List<String> newMembers) {
    return new GroupConfig(term, version + 1, newAcks, master, newMembers);
  }

  @Override
  public int compareTo(GroupConfig other) {
    return ORDER.compare(this, other);
  }

  /** Returns it as a word without spaces. */
  public String format() {
    return term + "," + version + "," + acks + "," + master + "," + String.join("/", members);
  }

  /** Parses the word; returns null if it is not one. */
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

  /** Returns true if a text can be the id of a server or sentinel. */
  public static boolean isId(String text) {
    return text.length() == ID_LENGTH
        && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }
}
