package io.redoubt.embedded;

import io.redoubt.protocol.resp.Reply;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Queries the state of members. Results are empty if the member was killed meanwhile. */
final class MemberQueries {
  private MemberQueries() {}

  /** Returns the running members that are not paused. */
  static List<GroupMember> serving(List<GroupMember> members) {
    return members.stream().filter(GroupMember::isServing).toList();
  }

  /** Returns the fields of the section {@code replication} of INFO. */
  static Map<String, String> replication(GroupMember server) {
    return fields(ask(server, "INFO", "replication"));
  }

  /** Parses fields in the form of INFO. */
  static Map<String, String> fields(@Nullable Reply reply) {
    Map<String, String> fields = new HashMap<>();
    if (reply != null && !reply.isError()) {
      reply
          .text()
          .lines()
          .forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
              fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
          });
    }
    return fields;
  }

  /** Returns the names and values of a reply that alternates them. */
  static Map<String, String> pairs(@Nullable Reply reply) {
    Map<String, String> fields = new HashMap<>();
    if (reply instanceof Reply.Array(List<Reply> words)) {
      for (int i = 0; i + 1 < words.size(); i += 2) {
        fields.put(words.get(i).text(), words.get(i + 1).text());
      }
    }
    return fields;
  }

  /** Returns a field as number, -1 if it is missing. */
  static long number(Map<String, String> fields, String name) {
    return Long.parseLong(fields.getOrDefault(name, "-1"));
  }

  /**
   * Returns true if a replica has reached its master's offset.
   *
   * @param offset the master's offset, read before
   */
  static boolean hasReached(GroupMember replica, GroupMember master, long offset) {
    Map<String, String> fields = replication(replica);
    return number(fields, "master_port") == master.port()
        && fields.getOrDefault("master_link_status", "").equals("up")
        && number(fields, "slave_repl_offset") >= offset;
  }

  /** Returns the state of a server's replication, for messages. */
  static String describe(GroupMember server) {
    Map<String, String> fields = server.isServing() ? replication(server) : Map.of();
    return fields.isEmpty()
        ? "does not serve"
        : String.format(
            Locale.ROOT,
            "role %s, offset %s, master %s, link %s",
            fields.get("role"),
            fields.get("master_repl_offset"),
            fields.get("master_port"),
            fields.get("master_link_status"));
  }

  /** Returns the reply, or null if the member was killed meanwhile. */
  static @Nullable Reply ask(GroupMember member, String... words) {
    try {
      return member.execute(words);
    } catch (IllegalStateException | UncheckedIOException killed) {
      return null;
    }
  }
}
