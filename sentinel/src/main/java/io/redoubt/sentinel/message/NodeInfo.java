package io.redoubt.sentinel.message;

import io.redoubt.protocol.group.GroupConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a node's INFO that a sentinel uses.
 *
 * @param masterLink a replica's connection to its master
 * @param priority a replica's priority: lower numbers are preferred, 0 excludes it
 * @param offset the replication offset
 * @param announced true if clients may see the replica
 * @param replicas the addresses of a master's replicas
 * @param lease the state of its lease, {@code off} if it wants none
 * @param history the history of its data set
 * @param acks its part in a group that acknowledges writes
 */
public record NodeInfo(
    String runId,
    Role role,
    MasterConnection masterLink,
    int priority,
    long offset,
    boolean announced,
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

    /** Returns the role's word in INFO and SENTINEL replies. */
    public String word() {
      return word;
    }
  }

  /**
   * The history of a data set.
   *
   * @param id the replication id, empty if the node names none
   * @param earlierId the id before its last promotion, empty if there is none
   * @param earlierEnd the last offset of the earlier history
   */
  public record History(String id, String earlierId, long earlierEnd) {
    private static final String NONE = "0".repeat(40);

    /** Returns true if the node was promoted, or its data set was a replica's. */
    public boolean isPromoted() {
      return !earlierId.isEmpty() && !earlierId.equals(NONE);
    }
  }

  /**
   * A node's part in a group that acknowledges writes.
   *
   * @param node its id, empty if it has none
   * @param group the group in force, null if it knows none
   * @param state {@code forming}, {@code ok}, {@code changing}, {@code replaced} or {@code
   *     incomplete}; empty without an id
   * @param waiting the number of clients whose writes are not acknowledged yet
   */
  public record Acks(String node, @Nullable GroupConfig group, String state, long waiting) {
    /** Returns true if it belongs, or belonged, to a group. */
    public boolean hasGroup() {
      return (group != null && group.acks() > 0) || (!state.isEmpty() && !state.equals("forming"));
    }

    /** Returns true for a member that may lack what it has acknowledged. */
    public boolean isIncomplete() {
      return state.equals("incomplete");
    }

    /** Returns true for a master in whose place a failover has begun to put another. */
    public boolean isReplaced() {
      return state.equals("replaced");
    }
  }

  /**
   * Parses INFO, ignoring unknown fields.
   *
   * @param role the role to assume if the text has none
   */
  public static NodeInfo parse(String text, Role role) {
    String runId = "";
    String masterHost = "";
    int masterPort = 0;
    boolean masterLinkUp = false;
    long masterLinkDownSeconds = 0;
    int priority = 100;
    long offset = 0;
    long ownOffset = 0;
    boolean announced = true;
    String lease = LEASE_OFF;
    String id = "";
    String earlierId = "";
    long earlierEnd = -1;
    String node = "";
    GroupConfig group = null;
    String groupState = "";
    long waiting = 0;
    List<Address> replicas = new ArrayList<>();
    int next;
    for (int start = 0; start < text.length(); start = next) {
      int end = text.indexOf('\n', start);
      next = end < 0 ? text.length() : end + 1;
      int colon = text.indexOf(':', start, next);
      if (colon < 0) {
        continue;
      }
      String name = text.substring(start, colon);
      String value = text.substring(colon + 1, next).trim();
      switch (name) {
        case "run_id" -> runId = value;
        case "role" -> role = value.equals("master") ? Role.MASTER : Role.REPLICA;
        case "master_host" -> masterHost = value;
        case "master_port" -> masterPort = Math.max(0, Hosts.port(value));
        case "master_link_status" -> masterLinkUp = value.equals("up");
        case "master_link_down_since_seconds" ->
            masterLinkDownSeconds = Math.clamp(number(value, 0), 0, Integer.MAX_VALUE);
        case "slave_priority" -> priority = Math.clamp(number(value, 100), 0, Integer.MAX_VALUE);
        case "slave_repl_offset" -> offset = number(value, 0);
        case "master_repl_offset" -> ownOffset = number(value, 0);
        case "master_replid" -> id = value;
        case "master_replid2" -> earlierId = value;
        case "second_repl_offset" -> earlierEnd = number(value, 0) - 1;
        case "sentinel_lease" -> lease = value;
        case "write_acks_node" -> node = value;
        case "write_acks_group" -> group = GroupConfig.parse(value);
        case "write_acks_group_state" -> groupState = value;
        case "write_acks_waiting_clients" -> waiting = number(value, 0);
        case "replica_announced" -> announced = !value.equals("0");
        default -> {
          Address replica = replicaLine(name, value);
          if (replica != null) {
            replicas.add(replica);
          }
        }
      }
    }
    return new NodeInfo(
        runId,
        role,
        new MasterConnection(masterHost, masterPort, masterLinkUp, masterLinkDownSeconds * 1000),
        priority,
        role == Role.MASTER ? ownOffset : offset,
        announced,
        role == Role.MASTER ? List.copyOf(replicas) : List.of(),
        lease,
        new History(id, earlierId, earlierEnd),
        new Acks(node, group, groupState, waiting));
  }

  /** Returns true if it takes writes only with a lease of its sentinels. */
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

  private static long number(String text, long otherwise) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
