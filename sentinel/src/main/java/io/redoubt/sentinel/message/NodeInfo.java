package io.redoubt.sentinel.message;

import io.redoubt.protocol.bytes.PlainText;
import io.redoubt.protocol.group.GroupConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a node's INFO that a sentinel uses.
 *
 * @param masterLink a replica's connection to its master
 * @param options the settings of a replica
 * @param replicas the addresses of a master's replicas
 * @param lease the state of its lease, {@code off} if it requires none
 * @param history the history of its data set
 * @param acks its part in a group that acknowledges writes
 */
public record NodeInfo(
    String runId,
    Role role,
    MasterConnection masterLink,
    ReplicaOptions options,
    List<Address> replicas,
    String lease,
    History history,
    Acks acks) {
  private static final String LEASE_OFF = "off";

  /** The role reported by a node. */
  public enum Role {
    /** Accepts writes. */
    MASTER("master"),
    /** Follows a master. */
    REPLICA("slave");

    private final String word;

    Role(String word) {
      this.word = word;
    }

    /** Returns the role as named in INFO and SENTINEL replies. */
    public String word() {
      return word;
    }
  }

  /**
   * The settings of a replica that concern sentinels.
   *
   * @param priority lower numbers are preferred, 0 excludes it
   * @param announced true if clients may see it
   */
  public record ReplicaOptions(int priority, boolean announced) {}

  /**
   * The history of a data set.
   *
   * @param offset the replication offset, the present end of the history
   * @param id the replication id, empty if the node reports none
   * @param earlierId the id before its last promotion, empty if there is none
   * @param earlierEnd the last offset of the earlier history
   */
  public record History(long offset, String id, String earlierId, long earlierEnd) {
    private static final String NONE = "0".repeat(40);

    /** Returns true if the node was promoted, or loaded a replica's data set at its start. */
    public boolean isPromoted() {
      return !earlierId.isEmpty() && !earlierId.equals(NONE);
    }
  }

  /**
   * A node's part in a group that acknowledges writes.
   *
   * @param node its id, empty if it has none
   * @param group the configuration in force, null if it has none
   * @param state {@code forming}, {@code ok}, {@code changing}, {@code replaced} or {@code
   *     incomplete}; empty without an id
   * @param waiting the number of clients whose writes are not acknowledged yet
   */
  public record Acks(String node, @Nullable GroupConfig group, String state, long waiting) {
    /** Returns true if it belongs, or belonged, to a group. */
    public boolean hasGroup() {
      return (group != null && group.acks() > 0) || (!state.isEmpty() && !state.equals("forming"));
    }

    /** Returns true for a member that may lack writes that it acknowledged. */
    public boolean isIncomplete() {
      return state.equals("incomplete");
    }

    /** Returns true for a master deposed by a failover in progress. */
    public boolean isReplaced() {
      return state.equals("replaced");
    }
  }

  /**
   * Parses INFO, ignoring unknown fields. Only the first occurrence of each section, and of a field
   * in it, counts: other sections contain texts chosen by clients, which a server may print with
   * line ends.
   *
   * @param role the role to assume if the text has none
   */
  public static NodeInfo parse(String text, Role role) {
    Map<String, String> server = new HashMap<>();
    Map<String, String> replication = new LinkedHashMap<>();
    Set<String> sections = new HashSet<>();
    Map<String, String> section = null;
    int next;
    for (int start = 0; start < text.length(); start = next) {
      int end = text.indexOf('\n', start);
      next = end < 0 ? text.length() : end + 1;
      if (text.charAt(start) == '#') {
        String title = text.substring(start + 1, next).trim();
        boolean first = sections.add(title);
        section =
            switch (title) {
              case "Server" -> first ? server : null;
              case "Replication" -> first ? replication : null;
              default -> null;
            };
      }
      int colon = text.indexOf(':', start, next);
      if (section != null && colon >= 0) {
        section.putIfAbsent(text.substring(start, colon), text.substring(colon + 1, next).trim());
      }
    }
    return of(server.getOrDefault("run_id", ""), replication, role);
  }

  private static NodeInfo of(String runId, Map<String, String> fields, Role assumed) {
    String named = fields.get("role");
    Role role = named == null ? assumed : named.equals("master") ? Role.MASTER : Role.REPLICA;
    List<Address> replicas = new ArrayList<>();
    if (role == Role.MASTER) {
      fields.forEach((name, value) -> {
        Address replica = replicaLine(name, value);
        if (replica != null) {
          replicas.add(replica);
        }
      });
    }
    long downSeconds = number(fields, "master_link_down_since_seconds", 0);
    return new NodeInfo(
        PlainText.of(runId),
        role,
        new MasterConnection(
            PlainText.of(fields.getOrDefault("master_host", "")),
            Math.max(0, Hosts.port(fields.getOrDefault("master_port", ""))),
            fields.getOrDefault("master_link_status", "").equals("up"),
            Math.clamp(downSeconds, 0, Integer.MAX_VALUE) * 1000L),
        new ReplicaOptions(
            Math.clamp(number(fields, "slave_priority", 100), 0, Integer.MAX_VALUE),
            !fields.getOrDefault("replica_announced", "").equals("0")),
        List.copyOf(replicas),
        fields.getOrDefault("sentinel_lease", LEASE_OFF),
        new History(
            number(fields, role == Role.MASTER ? "master_repl_offset" : "slave_repl_offset", 0),
            fields.getOrDefault("master_replid", ""),
            fields.getOrDefault("master_replid2", ""),
            number(fields, "second_repl_offset", 0) - 1),
        new Acks(
            fields.getOrDefault("write_acks_node", ""),
            GroupConfig.parse(fields.getOrDefault("write_acks_group", "")),
            fields.getOrDefault("write_acks_group_state", ""),
            number(fields, "write_acks_waiting_clients", 0)));
  }

  /** Returns a replica's priority: lower numbers are preferred, 0 excludes it. */
  public int priority() {
    return options.priority;
  }

  /** Returns true if clients may see the replica. */
  public boolean announced() {
    return options.announced;
  }

  public long offset() {
    return history.offset;
  }

  /** Returns true if the node accepts writes only with a lease from its sentinels. */
  public boolean wantsLease() {
    return !lease.equals(LEASE_OFF);
  }

  /**
   * Parses {@code slave0:ip=10.0.0.2,port=6379,state=online,...}; returns null for other fields.
   */
  private static @Nullable Address replicaLine(String name, String value) {
    if (!name.startsWith("slave") || name.length() == 5) {
      return null;
    }
    for (int i = 5; i < name.length(); i++) {
      if (!Character.isDigit(name.charAt(i))) {
        return null;
      }
    }
    String host = "";
    int port = 0;
    for (String part : value.split(",", -1)) {
      if (part.startsWith("ip=")) {
        host = part.substring(3);
      } else if (part.startsWith("port=")) {
        port = Hosts.port(part.substring(5));
      }
    }
    return host.isEmpty() || port < 1 ? null : new Address(host, port);
  }

  private static long number(Map<String, String> fields, String name, long otherwise) {
    try {
      return Long.parseLong(fields.getOrDefault(name, ""));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
