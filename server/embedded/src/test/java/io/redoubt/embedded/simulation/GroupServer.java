package io.redoubt.embedded.simulation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.server.simulation.SimulatedMachine;
import io.redoubt.server.simulation.SimulatedNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server of the group, with the role that its configuration file would contain. */
final class GroupServer {
  private static final Pattern FOLLOWS = Pattern.compile("REPLICAOF (\\S+):(\\d+) enabled");
  private static final Path MEMBER_FILE =
      SimulatedMachine.DIRECTORY.resolve("write-acks-" + SimulatedNode.PORT + ".state");

  private final SimulatedNode node;
  private final List<String> options;
  private final LongSupplier times;

  /** The times at which an order made it the master. */
  private final List<Long> appointments = new ArrayList<>();

  /** The times at which a sentinel was about to order its promotion. */
  private final List<Long> orders = new ArrayList<>();

  /** The line for the role in its oldest configuration file. */
  private String firstRole;

  private String role;
  private boolean busy;
  private boolean retired;

  /**
   * Creates a server without starting it.
   *
   * @param options the lines of its configuration, read at each start
   * @param firstRole the line for its role, empty for a master
   * @param times the clock of the history
   */
  GroupServer(SimulatedNode node, List<String> options, String firstRole, LongSupplier times) {
    this.node = node;
    this.options = options;
    this.firstRole = firstRole;
    this.role = firstRole;
    this.times = times;
    if (firstRole.isEmpty()) {
      appointments.add(0L);
    }
    node.machine().onLog(this::onLog);
  }

  private void onLog(String line) {
    Matcher follows = FOLLOWS.matcher(line);
    if (line.contains("MASTER MODE enabled")) {
      role = "";
      appointments.add(times.getAsLong());
    } else if (follows.find()) {
      role = "replicaof " + follows.group(1) + " " + follows.group(2);
    }
  }

  /**
   * Records that a sentinel is about to order the server's promotion; the server may already be the
   * master.
   */
  void onOrdered() {
    orders.add(times.getAsLong());
  }

  List<Long> orders() {
    return orders;
  }

  static String follows(String host) {
    return "replicaof " + host + " " + SimulatedNode.PORT;
  }

  SimulatedNode node() {
    return node;
  }

  String host() {
    return node.machine().host();
  }

  List<String> options() {
    return options;
  }

  /** Returns true if it runs, and is neither being started nor killed. */
  boolean isUp() {
    return node.isUp() && !busy;
  }

  /** Returns true if it does not run and is not being started. */
  boolean isDown() {
    return !node.isUp() && !busy;
  }

  /** Returns true if its last ordered role is master. */
  boolean isMaster() {
    return role.isEmpty();
  }

  /** Returns the times at which an order made it the master. */
  List<Long> appointments() {
    return appointments;
  }

  /** Starts it in its last role. */
  void start() throws Exception {
    start(role);
  }

  /** Starts it in the role of its first configuration file. */
  void startAsAtFirst() throws Exception {
    start(firstRole);
  }

  /** Starts it on an empty disk with an operator's configuration file. */
  void startAnew(String asRole) throws Exception {
    firstRole = asRole;
    start(asRole);
  }

  /** Starts it in a role, unless it runs. */
  void start(String asRole) throws Exception {
    if (!isDown() || retired) {
      return;
    }
    busy = true;
    try {
      role = asRole;
      node.start(asRole);
    } finally {
      busy = false;
    }
  }

  /** Kills it, if it runs. */
  void kill(boolean power) {
    if (isUp()) {
      busy = true;
      node.kill(power);
      busy = false;
    }
  }

  /**
   * Prevents later starts.
   *
   * @return false while it is being started or killed
   */
  boolean retire() {
    retired = true;
    return !busy;
  }

  /** Returns the group member's id on its disk, empty if there is none. */
  String memberOnDisk() {
    try {
      return new String(node.machine().faultDisk().bytes(MEMBER_FILE), US_ASCII).split(" ", 3)[1];
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public String toString() {
    return host();
  }
}
