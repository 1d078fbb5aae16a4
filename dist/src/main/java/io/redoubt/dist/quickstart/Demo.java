package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.dist.process.Topology;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A scripted failover: writes reach the replicas, the master is killed, the sentinels promote a
 * replica without the loss of an acknowledged write, and the old master returns as a replica.
 */
final class Demo {
  private static final int KEYS = 1_000;
  private static final String WAIT_MILLIS = "1000";

  private final Topology topology;
  private final Steps steps;

  Demo(Topology topology, PrintStream out) {
    this.topology = topology;
    this.steps = new Steps(out);
  }

  /** Runs all steps and prints each. */
  void run() throws Steps.Failure, IOException, InterruptedException {
    List<NodeProcess> servers = topology.servers();
    NodeProcess master = servers.getFirst();
    steps.report(
        "started: master %s, replicas %s and %s, three sentinels",
        at(master), at(servers.get(1)), at(servers.get(2)));
    steps.until("both replicas are online", () -> onlineReplicas(master) == 2);
    steps.until("the sentinels know each other and the replicas", this::sentinelsKnowAll);
    steps.report("the replicas are online, and the sentinels know them and each other");

    writeAndRead(master, servers.subList(1, Topology.SERVERS));

    long killedNanos = System.nanoTime();
    master.kill();
    steps.report("killed the master %s (kill -9 %d)", at(master), master.pid());
    steps.until(
        "all sentinels name one new master",
        () -> namedMasters().size() == 1 && !namedMasters().contains(master.port()));
    int newPort = namedMasters().iterator().next();
    steps.report(
        "failover: %.1f s after the kill all three sentinels name 127.0.0.1:%d",
        Steps.seconds(killedNanos), newPort);

    int survivor = indexOf(newPort);
    NodeProcess promoted = topology.servers().get(survivor);
    steps.until(
        "the new master takes writes",
        () -> promoted.ask("SET", "demo:after", "failover").equals(new Reply.Simple("OK")));
    Steps.expect(
        "keys on the new master", Integer.toString(KEYS + 1), promoted.ask("DBSIZE").text());
    steps.until("the other replica follows the new master", () -> onlineReplicas(promoted) == 1);
    steps.report("it takes writes and has every key; the other replica follows it");

    topology.restart(0);
    NodeProcess returned = topology.servers().getFirst();
    steps.report("started the old master %s again (process %d)", at(returned), returned.pid());
    steps.until("the old master is a replica of the new one", () -> follows(returned, newPort));
    steps.until(
        "it has the new data",
        () -> returned.ask("GET", "demo:after").equals(promoted.ask("GET", "demo:after")));
    Steps.expect(
        "keys on the old master", Integer.toString(KEYS + 1), returned.ask("DBSIZE").text());
    steps.until("the files are rewritten", () -> filesName(newPort));
    steps.report(
        "it is a replica now and has caught up; redis.conf and sentinel.conf name the new master");
    steps.reportPauses(topology.nodes());
    steps.report("done");
  }

  private void writeAndRead(NodeProcess master, List<NodeProcess> replicas)
      throws Steps.Failure, IOException, InterruptedException {
    try (RespClient connection = master.connect()) {
      List<String[]> writes = new ArrayList<>();
      for (int i = 0; i < KEYS; i++) {
        writes.add(new String[] {"SET", "demo:" + i, "value " + i});
      }
      for (Reply reply : connection.pipeline(writes)) {
        Steps.expect("SET", "OK", reply.text());
      }
      steps.until(
          "both replicas acknowledge the writes",
          () -> connection.call("WAIT", "2", WAIT_MILLIS).text().equals("2"));
    }
    for (NodeProcess replica : replicas) {
      String last = Integer.toString(KEYS - 1);
      Steps.expect(
          "GET on " + at(replica), "value " + last, replica.ask("GET", "demo:" + last).text());
      Reply refusal = replica.ask("SET", "demo:0", "no");
      if (!refusal.isError() || !refusal.text().startsWith("READONLY")) {
        throw new Steps.Failure(
            "a write on the replica " + at(replica) + " is answered " + refusal);
      }
    }
    steps.report(
        "wrote %d keys; both replicas acknowledge and serve them, and refuse writes", KEYS);
  }

  private static long onlineReplicas(NodeProcess master) throws IOException {
    return master.info("replication").values().stream()
        .filter(value -> value.contains("state=online"))
        .count();
  }

  private static boolean follows(NodeProcess replica, int masterPort) throws IOException {
    Map<String, String> info = replica.info("replication");
    return "slave".equals(info.get("role"))
        && Integer.toString(masterPort).equals(info.get("master_port"))
        && "up".equals(info.get("master_link_status"));
  }

  private boolean sentinelsKnowAll() throws IOException {
    for (NodeProcess sentinel : topology.sentinels()) {
      List<Reply> fields = sentinel.ask("SENTINEL", "MASTER", Topology.MASTER_NAME).elements();
      if (!value(fields, "num-slaves").equals("2")
          || !value(fields, "num-other-sentinels").equals("2")) {
        return false;
      }
    }
    return true;
  }

  private static String value(List<Reply> fields, String name) {
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      if (fields.get(i).text().equals(name)) {
        return fields.get(i + 1).text();
      }
    }
    return "";
  }

  /** Returns the ports of the masters that the sentinels name: one if they agree. */
  private Set<Integer> namedMasters() throws IOException {
    Set<Integer> named = new TreeSet<>();
    for (NodeProcess sentinel : topology.sentinels()) {
      Reply address = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Topology.MASTER_NAME);
      named.add((int) address.elements().get(1).number());
    }
    return named;
  }

  private boolean filesName(int masterPort) throws IOException {
    String replicaOf = "replicaof 127.0.0.1 " + masterPort;
    String monitor = "sentinel monitor " + Topology.MASTER_NAME + " 127.0.0.1 " + masterPort + " ";
    boolean all = Files.readString(topology.configuration(0)).contains(replicaOf);
    for (int i = Topology.SERVERS; i < Topology.NODES; i++) {
      all &= Files.readString(topology.configuration(i)).contains(monitor);
    }
    return all;
  }

  private int indexOf(int port) throws Steps.Failure {
    List<NodeProcess> servers = topology.servers();
    for (int i = 0; i < servers.size(); i++) {
      if (servers.get(i).port() == port) {
        return i;
      }
    }
    throw new Steps.Failure("the sentinels name port " + port + ", which is none of ours");
  }

  private static String at(NodeProcess node) {
    return "127.0.0.1:" + node.port();
  }
}
