package io.redoubt.embedded;

import io.redoubt.protocol.resp.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of a group according to its members, except killed and paused ones. */
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
   * Returns the serving master that a majority of all sentinels names, or null; without sentinels,
   * the first server that is a master.
   */
  @Nullable GroupMember master() {
    Map<GroupMember, Integer> votes = new HashMap<>();
    for (GroupMember sentinel : MemberQueries.serving(sentinels)) {
      Reply reply = MemberQueries.ask(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName);
      if (reply instanceof Reply.Array(List<Reply> hostAndPort)) {
        int port = Integer.parseInt(hostAndPort.get(1).text());
        servers.stream()
            .filter(server -> server.port() == port)
            .forEach(server -> votes.merge(server, 1, Integer::sum));
      }
    }
    for (GroupMember server : MemberQueries.serving(servers)) {
      boolean named = sentinels.isEmpty() || votes.getOrDefault(server, 0) > sentinels.size() / 2;
      if (named && MemberQueries.replication(server).getOrDefault("role", "").equals("master")) {
        return server;
      }
    }
    return null;
  }

  /**
   * Returns true if all serving servers follow the master and have executed everything that it had
   * executed at the time of this call.
   */
  boolean isInStep() {
    GroupMember master = master();
    if (master == null) {
      return false;
    }
    long offset = MemberQueries.number(MemberQueries.replication(master), "master_repl_offset");
    for (GroupMember server : MemberQueries.serving(servers)) {
      if (server != master && !MemberQueries.hasReached(server, master, offset)) {
        return false;
      }
    }
    return true;
  }

  /** Returns true if each serving sentinel can reach all servers and all other sentinels. */
  boolean isKnownToSentinels() {
    return MemberQueries.serving(sentinels).stream().allMatch(this::knowsAll);
  }

  private boolean knowsAll(GroupMember sentinel) {
    Map<String, String> master =
        MemberQueries.pairs(MemberQueries.ask(sentinel, "SENTINEL", "MASTER", masterName));
    return master.getOrDefault("flags", "").equals("master")
        && MemberQueries.number(master, "num-slaves") == servers.size() - 1
        && MemberQueries.number(master, "num-other-sentinels") == sentinels.size() - 1
        && allUp(MemberQueries.ask(sentinel, "SENTINEL", "REPLICAS", masterName), "slave")
        && allUp(MemberQueries.ask(sentinel, "SENTINEL", "SENTINELS", masterName), "sentinel");
  }

  private static boolean allUp(@Nullable Reply instances, String flags) {
    return instances instanceof Reply.Array(List<Reply> each)
        && each.stream()
            .allMatch(one -> MemberQueries.pairs(one).getOrDefault("flags", "").equals(flags));
  }

  /** Returns the state of each member, for messages. */
  String describe() {
    StringBuilder text = new StringBuilder();
    for (GroupMember server : servers) {
      text.append("\n  ").append(server).append(": ").append(MemberQueries.describe(server));
    }
    for (GroupMember sentinel : sentinels) {
      Map<String, String> fields =
          MemberQueries.serving(List.of(sentinel)).isEmpty()
              ? Map.of()
              : MemberQueries.pairs(MemberQueries.ask(sentinel, "SENTINEL", "MASTER", masterName));
      text.append("\n  ").append(sentinel).append(": ");
      text.append(
          fields.isEmpty()
              ? "does not serve"
              : String.format(
                  Locale.ROOT,
                  "master %s (%s), %s replicas, %s other sentinels",
                  fields.get("port"),
                  fields.get("flags"),
                  fields.get("num-slaves"),
                  fields.get("num-other-sentinels")));
    }
    return text.toString();
  }
}
