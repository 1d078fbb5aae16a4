package io.redoubt.protocol.group;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The committed configuration of a group and its pending successors, which are not durable at
 * enough members yet. Until then a write must be acknowledged under each of them, because a
 * failover may learn of any of them from a member.
 *
 * @param committed the configuration in force; null before the first one
 * @param pending the proposed successors, the newest last
 */
public record GroupChain(@Nullable GroupConfig committed, List<GroupConfig> pending) {
  /** The chain of a server that has never belonged to a group. */
  public static final GroupChain EMPTY = new GroupChain(null, List.of());

  private static final String NONE = "-";

  /** Copies the list. */
  public GroupChain {
    pending = List.copyOf(pending);
  }

  /** Returns the newest configuration, null if there is none. */
  public @Nullable GroupConfig newest() {
    return pending.isEmpty() ? committed : pending.getLast();
  }

  /** Returns all configurations, the oldest first. */
  public List<GroupConfig> all() {
    List<GroupConfig> all = new ArrayList<>();
    if (committed != null) {
      all.add(committed);
    }
    all.addAll(pending);
    return all;
  }

  /** Returns the chain with another pending configuration. */
  public GroupChain proposed(GroupConfig next) {
    List<GroupConfig> more = new ArrayList<>(pending);
    more.add(next);
    return new GroupChain(committed, more);
  }

  /** Returns the chain with the newest configuration committed. */
  public GroupChain settled() {
    return new GroupChain(newest(), List.of());
  }

  /** Returns the word, without spaces, that {@link #parse} reads. */
  public String format() {
    GroupConfig first = committed;
    StringBuilder text = new StringBuilder(first == null ? NONE : first.format());
    for (GroupConfig each : pending) {
      text.append(';').append(each.format());
    }
    return text.toString();
  }

  /** Parses a word; returns null if it is malformed. */
  public static @Nullable GroupChain parse(String word) {
    String[] parts = word.split(";", -1);
    GroupConfig committed = null;
    if (!parts[0].equals(NONE)) {
      committed = GroupConfig.parse(parts[0]);
      if (committed == null) {
        return null;
      }
    }
    List<GroupConfig> pending = new ArrayList<>();
    for (int i = 1; i < parts.length; i++) {
      GroupConfig next = GroupConfig.parse(parts[i]);
      if (next == null) {
        return null;
      }
      pending.add(next);
    }
    return new GroupChain(committed, pending);
  }
}
