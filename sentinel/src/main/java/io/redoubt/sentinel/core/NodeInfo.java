package io.redoubt.sentinel.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sentinel reads from a node's INFO.
 *
 * @param masterHost of a replica: its master's host, empty for none
 * @param masterLinkDownMillis of a replica: for how long the link to its master has been down
 * @param priority of a replica: the lower the sooner it is chosen, 0 is never
 * @param offset how much of the replication stream it has
 * @param announced of a replica: whether clients should hear of it
 * @param replicas of a master: where its replicas listen
 */
public record NodeInfo(
    String runId,
    Role role,
    String masterHost,
    int masterPort,
    boolean masterLinkUp,
    long masterLinkDownMillis,
    int priority,
    long offset,
    boolean announced,
    List<Address> replicas) {
  /** What a node says that it is. */
  public enum Role {
    /** Takes writes. */
    MASTER("master"),
    /** Follows a master. */
    REPLICA("slave");

    private final String word;

    Role(String word) {
      this.word = word;
    }

    /** The word for it in INFO and SENTINEL replies. */
    public String word() {
      return word;
    }
  }

  /**
   * Reads the text of INFO, skipping what it does not know.
   *
   * @param role the role taken for granted when the text names none
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
    List<Address> replicas = new ArrayList<>();
    for (String line : text.lines().toList()) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String value = line.substring(colon + 1).trim();
      switch (line.substring(0, colon)) {
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
        case "replica_announced" -> announced = !value.equals("0");
        default -> {
          Address replica = replicaLine(line, colon);
          if (replica != null) {
            replicas.add(replica);
          }
        }
      }
    }
    return new NodeInfo(
        runId,
        role,
        masterHost,
        masterPort,
        masterLinkUp,
        masterLinkDownSeconds * 1000,
        priority,
        role == Role.MASTER ? ownOffset : offset,
        announced,
        role == Role.MASTER ? List.copyOf(replicas) : List.of());
  }

  /** Reads {@code slave0:ip=10.0.0.2,port=6379,state=online,...}; null when it is no such line. */
  private static @Nullable Address replicaLine(String line, int colon) {
    if (!line.startsWith("slave") || colon == 5) {
      return null;
    }
    for (int i = 5; i < colon; i++) {
      if (!Character.isDigit(line.charAt(i))) {
        return null;
      }
    }
    String host = "";
    int port = 0;
    for (String part : line.substring(colon + 1).trim().split(",", -1)) {
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
