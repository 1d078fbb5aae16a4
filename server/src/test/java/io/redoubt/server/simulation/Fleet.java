package io.redoubt.server.simulation;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The simulated servers and their ordered replication tree. */
final class Fleet {
  private final Simulation simulation;
  private final SimulatedNetwork network;
  private final Random random;
  private final List<SimulatedNode> nodes = new ArrayList<>();

  /** The index of the master that each server was ordered to follow; a master follows itself. */
  private final int[] masterOf;

  private int master;

  /** The number of times that the master changed or restarted with possible loss of data. */
  private int term;

  Fleet(Simulation simulation) {
    this.simulation = simulation;
    this.random = simulation.random();
    this.network = new SimulatedNetwork(simulation);
    int size = 3 + random.nextInt(2);
    for (int i = 0; i < size; i++) {
      nodes.add(new SimulatedNode(network, "10.0.0." + (i + 1), configuration()));
    }
    masterOf = new int[size];
    for (SimulatedNode one : nodes) {
      for (SimulatedNode other : nodes) {
        network.delay(one.host, other.host, 100L << random.nextInt(7));
        network.bandwidth(one.host, other.host, random.nextInt(3) == 0 ? 0 : bandwidth());
      }
    }
  }

  /** Returns a random bandwidth, in bytes a second. */
  long bandwidth() {
    return 30_000L << random.nextInt(6);
  }

  private List<String> configuration() {
    List<String> lines = new ArrayList<>();
    lines.add("repl-timeout 5");
    lines.add("repl-ping-replica-period " + (1 + random.nextInt(3)));
    lines.add("repl-backlog-size " + List.of("16kb", "64kb", "1mb").get(random.nextInt(3)));
    lines.add("repl-diskless-sync " + yesNo());
    lines.add("repl-interleaved-sync " + (random.nextInt(4) == 0 ? "no" : "yes"));
    lines.add(
        "repl-diskless-load "
            + List.of("disabled", "on-empty-db", "swapdb").get(random.nextInt(3)));
    lines.add("replica-refuse-empty-master no");
    lines.add("rdbcompression " + yesNo());
    if (random.nextInt(3) == 0) {
      lines.add("appendonly yes");
      lines.add("appendfsync " + List.of("always", "everysec", "no").get(random.nextInt(3)));
      lines.add("aof-use-rdb-preamble " + yesNo());
    }
    return lines;
  }

  private String yesNo() {
    return random.nextBoolean() ? "yes" : "no";
  }

  Simulation simulation() {
    return simulation;
  }

  SimulatedNetwork network() {
    return network;
  }

  int size() {
    return nodes.size();
  }

  SimulatedNode node(int index) {
    return nodes.get(index);
  }

  List<SimulatedNode> nodes() {
    return nodes;
  }

  SimulatedNode master() {
    return nodes.get(master);
  }

  int masterIndex() {
    return master;
  }

  int term() {
    return term;
  }

  void newTerm() {
    term++;
  }

  boolean isMaster(int index) {
    return index == master;
  }

  /** Returns true if a server was ordered to follow the master directly. */
  boolean isBelowMaster(int index) {
    return index != master && masterOf[index] == master;
  }

  int anyReplica() {
    return (master + 1 + random.nextInt(nodes.size() - 1)) % nodes.size();
  }

  /**
   * Starts all servers: the first as the master, each other one as a replica of one already
   * started.
   */
  void start() throws Exception {
    for (int i = 0; i < nodes.size(); i++) {
      nodes.get(i).start();
      if (i > 0) {
        follow(i, random.nextInt(i));
      }
    }
  }

  /** Restarts a killed server in its last role. */
  void restart(int index) throws Exception {
    simulation.note("restart " + nodes.get(index));
    if (index == master) {
      nodes.get(index).start();
    } else {
      mayLose(index); // those below may get the older data that it still has
      SimulatedNode other = nodes.get(masterOf[index]);
      nodes.get(index).start("replicaof " + other.host + " " + SimulatedNode.PORT);
    }
  }

  /**
   * Makes a server follow another one; returns true if it accepted, for which it must be up and not
   * loading.
   */
  boolean follow(int index, int other) {
    SimulatedNode node = nodes.get(index);
    try {
      String reply = node.ask("REPLICAOF " + nodes.get(other).host + " " + SimulatedNode.PORT);
      simulation.note(node + " below " + nodes.get(other) + ": " + reply);
      if (reply.startsWith("OK")) {
        masterOf[index] = other;
        if (other != master) {
          mayLose(index); // the other may lack data that this one has
        }
        return true;
      }
    } catch (IOException e) {
      simulation.note(node + " can't be told which master to follow: " + e.getMessage());
    }
    return false;
  }

  /** Records that a server, and with it those below, may get older data. */
  private void mayLose(int index) {
    for (int i = 0; i < nodes.size(); i++) {
      if (i == index || isBelow(i, index)) {
        nodes.get(i).mayLose();
      }
    }
  }

  /** Returns true if a server is below another one, directly or not. */
  boolean isBelow(int index, int other) {
    int at = index;
    for (int i = 0; i < nodes.size() && at != master; i++) {
      at = masterOf[at];
      if (at == other) {
        return true;
      }
    }
    return false;
  }

  /** Makes a replica the master and returns true if it accepted. */
  boolean promote(int index) throws IOException {
    String reply = nodes.get(index).ask("REPLICAOF NO ONE");
    simulation.note("promote " + nodes.get(index) + ": " + reply);
    if (!reply.equals("OK")) {
      return false;
    }
    isMasterNow(index);
    return true;
  }

  /** Records that a server has become the master. */
  void isMasterNow(int index) {
    masterOf[master] = index;
    master = index;
    masterOf[index] = index;
    term++;
  }

  /** Sends FAILOVER with a timeout to the master and returns true if it started. */
  boolean failOver(int index) throws IOException {
    String reply =
        master()
            .ask("FAILOVER TO %s %d TIMEOUT 1000".formatted(node(index).host, SimulatedNode.PORT));
    simulation.note("hand over to " + node(index) + ": " + reply);
    return reply.equals("OK");
  }

  /** Makes every running server that is not below the master follow it. */
  void reattachRunning() {
    for (int i = 0; i < nodes.size(); i++) {
      if (i != master && nodes.get(i).isUp() && !isBelow(i, master)) {
        follow(i, master);
      }
    }
  }

  /** Makes every server follow the master unless it does so already, directly or not. */
  void reattachAll() throws IOException {
    for (int i = 0; i < nodes.size(); i++) {
      if (i == master) {
        continue;
      }
      Map<String, String> role = nodes.get(i).replication();
      String wanted = nodes.get(masterOf[i]).host;
      if (!isBelow(i, master) || !wanted.equals(role.get("master_host"))) {
        follow(i, master);
      }
    }
  }
}
