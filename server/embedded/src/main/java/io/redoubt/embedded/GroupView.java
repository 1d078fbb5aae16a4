package io.redoubt.embedded;

import io.redoubt.protocol.resp.Reply;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of a group, asked of its members; killed and paused ones are left out. */
final class GroupView {
  private final List<GroupMember> servers;
  private final List<GroupMember> sentinels;
  private final String masterName;

  GroupView(List<GroupMember> servers, List<GroupMember> sentinels, String masterName) {
    this.servers = servers;
    this.sentinels = sentinels;
    this.masterName = masterName;
  }

  /**
   * Returns the serving master that most of all sentinels name, or null; without sentinels, the
   * first server that is one.
   */
  @Nullable GroupMember master() {
    Map<GroupMember, Integer> votes = new HashMap<>();
    for (GroupMember sentinel : serving(sentinels)) {
      Reply reply = ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName);
      if (reply instanceof Reply.Array(List<Reply> hostAndPort)) {
        int port = Integer.parseInt(hostAndPort.get(1).text());
        servers.stream()
            .filter(server -> server.port() == port)
            .forEach(server -> votes.merge(server, 1, Integer::sum));
      }
    }
    for (GroupMember server : serving(servers)) {
      boolean named = sentinels.isEmpty() || votes.getOrDefault(server, 0) > sentinels.size() / 2;
      if (named && replication(server).getOrDefault("role", "").equals("master")) {
        return server;
      }
    }
    return null;
  }

  /** Returns true if all serving servers follow the master and have what it had at the question. */
  boolean isInStep() {
    GroupMember master = master();
    if (master == null) {
      return false;
    }
    long offset = number(replication(master), "master_repl_offset");
    for (GroupMember server : serving(servers)) {
      if (server != master) {
        Map<String, String> fields = replication(server);
        boolean follows =
            number(fields, "master_port") == master.port()
                && fields.getOrDefault("master_link_status", "").equals("up")
                && number(fields, "slave_repl_offset") >= offset;
        if (!follows) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns true if each serving sentinel can reach all servers and all other sentinels. */
  boolean isKnownToSentinels() {
    return serving(sentinels).stream().allMatch(this::knowsAll);
  }

  private boolean knowsAll(GroupMember sentinel) {
    Map<String, String> master = pairs(ask(sentinel, "SENTINEL", "MASTER", masterName));
    return master.getOrDefault("flags", "").equals("master")
        && number(master, "num-slaves") == servers.size() - 1
        && number(master, "num-other-sentinels") == sentinels.size() - 1
        && allUp(ask(sentinel, "SENTINEL", "REPLICAS", masterName), "slave")
        && allUp(ask(sentinel, "SENTINEL", "SENTINELS", masterName), "sentinel");
  }

  private static boolean allUp(@Nullable Reply instances, String flags) {
    return instances instanceof Reply.Array(List<Reply> each)
        && each.stream().allMatch(one -> pairs(one).getOrDefault("flags", "").equals(flags));
  }

  /** Returns what each member says of itself, for messages. */
  String describe() {
    StringBuilder text = new StringBuilder();
    for (GroupMember server : servers) {
      Map<String, String> fields =
          serving(List.of(server)).isEmpty() ? Map.of() : replication(server);
      text.append("\n  ").append(server).append(": ");
      text.append(
          fields.isEmpty()
              ? "does not serve"
              : "role %s, offset %s, master %s, link %s"
                  .formatted(
                      fields.get("role"),
                      fields.get("master_repl_offset"),
                      fields.get("master_port"),
                      fields.get("master_link_status")));
    }
    for (GroupMember sentinel : sentinels) {
      Map<String, String> fields =
          serving(List.of(sentinel)).isEmpty()
              ? Map.of()
              : pairs(ask(sentinel, "SENTINEL", "MASTER", masterName));
      text.append("\n  ").append(sentinel).append(": ");
      text.append(
          fields.isEmpty()
              ? "does not serve"
              : "master %s (%s), %s replicas, %s other sentinels"
                  .formatted(
                      fields.get("port"),
                      fields.get("flags"),
                      fields.get("num-slaves"),
                      fields.get("num-other-sentinels")));
    }
    return text.toString();
  }

  private static List<GroupMember> serving(List<GroupMember> members) {
    return members.stream().filter(GroupMember::isServing).toList();
  }

  private static Map<String, String> replication(GroupMember server) {
    Map<String, String> fields = new HashMap<>();
    Reply reply = ask(server, "INFO", "replication");
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

  private static Map<String, String> pairs(@Nullable Reply reply) {
    Map<String, String> fields = new HashMap<>();
    if (reply instanceof Reply.Array(List<Reply> words)) {
      for (int i = 0; i + 1 < words.size(); i += 2) {
        fields.put(words.get(i).text(), words.get(i + 1).text());
      }
    }
    return fields;
  }

  private static long number(Map<String, String> fields, String name) {
    return Long.parseLong(fields.getOrDefault(name, "-1"));
  }

  /** Returns the reply, or null if the member was killed meanwhile. */
  private static @Nullable Reply ask(GroupMember member, String... words) {
    try {
      return member.execute(words);
    } catch (IllegalStateException | UncheckedIOException killed) {
      return null;
    }
  }
}
