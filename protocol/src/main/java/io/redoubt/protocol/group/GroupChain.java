package io.redoubt.protocol.group;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A configuration in force, and those that are to replace it but are not known to enough members
 * yet. Until they are, a write must be acknowledged under each of them: a sentinel may know any, by
 * a member with all writes that precede it.
 *
 * @param committed the configuration in force; null before the first
 * @param pending its successors, the newest last
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

  /** Returns the chain with another configuration to come into force. */
  public GroupChain proposed(GroupConfig next) {
    List<GroupConfig> more = new ArrayList<>(pending);
    more.add(next);
    return new GroupChain(committed, more);
  }

  /** Returns the chain in which the newest configuration is in force. */
  public GroupChain settled() {
    return new GroupChain(newest(), List.of());
  }

  /** Returns it as a word without spaces. */
  public String format() {
    GroupConfig first = committed;
    StringBuilder text = new StringBuilder(first == null ? NONE : first.format());
    for (GroupConfig each : pending) {
      text.append(';').append(each.format());
    }
    return text.toString();
  }

  /** Parses the word; returns null if it is not one. */
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
