package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.ClusterNodes;
import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A scripted demonstration of a cluster: three masters get a replica each, slots move while a
 * client counts, a master is killed and replaced without the loss of an acknowledged increment, and
 * the old master returns as a replica.
 */
final class ClusterDemo {
  private static final int MOVED_SLOTS = 200;
  private static final int ALL_SLOTS = 16_384;

  /** The time for which the client counts between two events. */
  private static final int COUNTING_SECONDS = 2;

  /**
   * The number of slots in a band. Each band has a counter, so that the moved slots contain some.
   */
  private static final int BAND = 64;

  /** The number of candidate keys, enough to find one in each band. */
  private static final int CANDIDATES = 4_000;

  private final ClusterNodes cluster;
  private final PrintStream out;
  private final Steps steps;

  ClusterDemo(ClusterNodes cluster, PrintStream out) {
    this.cluster = cluster;
    this.out = out;
    this.steps = new Steps(out);
  }

  /** A line of CLUSTER NODES. */
  private record Line(String id, int port, List<String> flags, String master, int slots) {
    static Line parse(String line) {
      String[] words = line.split(" ", -1);
      String address = words[1].substring(0, words[1].indexOf('@'));
      int slots = 0;
      for (int i = 8; i < words.length; i++) {
        if (!words[i].isEmpty() && words[i].charAt(0) != '[') {
          String[] bounds = words[i].split("-", -1);
          slots += Integer.parseInt(bounds[bounds.length - 1]) - Integer.parseInt(bounds[0]) + 1;
        }
      }
      int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      return new Line(words[0], port, List.of(words[2].split(",", -1)), words[3], slots);
    }

    boolean isMaster() {
      return flags.contains("master");
    }

    boolean hasFailed() {
      return flags.contains("fail");
    }
  }

  /** Runs all steps and prints each. */
  void run() throws Steps.Failure, IOException, InterruptedException {
    steps.report("started six nodes: %s", addresses());
    create();
    List<Line> masters = masters(cluster.nodes().getFirst());
    steps.report(
        "redis-cli --cluster create made masters of %s; each has a replica",
        String.join(", ", masters.stream().map(each -> at(each.port())).toList()));
    show();
    try (Counting counting =
        new Counting(cluster.nodes().stream().map(NodeProcess::port).toList(), counters())) {
      count(counting);
      steps.report("a client counts, waiting for a replica at each increment (WAIT 1)");
      awaitCalm();
      masters = masters(cluster.nodes().getFirst());
      reshard(counting, masters.get(0), masters.get(1));
      awaitCalm();
      failOver(counting, masters(cluster.nodes().getFirst()).getLast());
    }
    awaitCalm();
    cluster.cli(List.of("check", ClusterNodes.address(cluster.nodes().getFirst())));
    steps.reportPauses(cluster.nodes());
    steps.report("redis-cli --cluster check finds all %d slots covered; done", ALL_SLOTS);
  }

  /**
   * Creates the cluster. On a busy machine redis-cli may report nodes that do not agree yet; only
   * their final state counts.
   */
  private void create() throws Steps.Failure, IOException, InterruptedException {
    IOException disagreement = null;
    try {
      cluster.create();
    } catch (IOException e) {
      disagreement = e;
    }
    try {
      awaitCalm();
    } catch (Steps.Failure e) {
      if (disagreement != null) {
        throw disagreement;
      }
      throw e;
    }
  }

  /**
   * Waits until the nodes agree on three masters that serve all slots, each with a replica in sync.
   * On a busy machine a stalled node may have been replaced meanwhile.
   */
  private void awaitCalm() throws Steps.Failure, IOException, InterruptedException {
    steps.until("all slots are served", this::isServing);
    steps.until(
        "each master has a replica in step", () -> replicasInStep() == ClusterNodes.MASTERS);
    steps.until("the nodes agree on the masters", this::agree);
  }

  private boolean agree() throws IOException {
    Set<Set<String>> views = new HashSet<>();
    for (NodeProcess node : cluster.nodes()) {
      views.add(masters(node).stream().map(Line::id).collect(Collectors.toSet()));
    }
    return views.size() == 1 && views.iterator().next().size() == ClusterNodes.MASTERS;
  }

  /** Prints the addresses for clients and for people. */
  private void show() {
    out.println("Connect:     redis-cli -c -p " + cluster.nodes().getFirst().port());
    LiveView.pages(cluster.metricsPorts(), 0).forEach(out::println);
  }

  private void reshard(Counting counting, Line from, Line to)
      throws Steps.Failure, IOException, InterruptedException {
    Counting.Progress before = counting.progress();
    long startNanos = System.nanoTime();
    cluster.cli(
        List.of(
            "reshard",
            at(from.port()),
            "--cluster-from",
            from.id(),
            "--cluster-to",
            to.id(),
            "--cluster-slots",
            Integer.toString(MOVED_SLOTS),
            "--cluster-yes"));
    double seconds = Steps.seconds(startNanos);
    // The client must have used the moved slots.
    count(counting);
    Counting.Progress after = counting.progress();
    for (NodeProcess node : cluster.nodes()) {
      steps.until(
          at(node.port()) + " knows the new owner",
          () -> masters(node).stream().anyMatch(each -> each.slots() == to.slots() + MOVED_SLOTS));
    }
    counting.verify();
    steps.report(
        "redis-cli --cluster reshard moved %d slots from %s to %s in %.1f s;"
            + " meanwhile %d increments, redirected %d times (MOVED) and %d times (ASK): none lost",
        MOVED_SLOTS,
        at(from.port()),
        at(to.port()),
        seconds,
        after.acknowledged() - before.acknowledged(),
        after.moves() - before.moves(),
        after.asks() - before.asks());
  }

  private void failOver(Counting counting, Line victim)
      throws Steps.Failure, IOException, InterruptedException {
    int killed = indexOf(victim.port());
    List<NodeProcess> survivors = new ArrayList<>(cluster.nodes());
    NodeProcess master = survivors.remove(killed);
    Line replica =
        lines(master).stream()
            .filter(each -> each.master().equals(victim.id()))
            .findFirst()
            .orElseThrow(() -> new Steps.Failure(at(victim.port()) + " has no replica"));
    long killedNanos = System.nanoTime();
    master.kill();
    steps.report("killed the master %s (kill -9 %d)", at(victim.port()), master.pid());
    for (NodeProcess node : survivors) {
      steps.until(
          at(node.port()) + " knows the new master",
          () ->
              masters(node).stream()
                  .anyMatch(each -> each.id().equals(replica.id()) && each.slots() > 0));
    }
    steps.report(
        "failover: %.1f s after the kill all others take its replica %s for the master",
        Steps.seconds(killedNanos), at(replica.port()));

    cluster.restart(killed);
    NodeProcess returned = cluster.nodes().get(killed);
    steps.report("started %s again (process %d)", at(victim.port()), returned.pid());
    steps.until("the old master follows the new one", () -> follows(returned, replica.port()));
    steps.until("all slots are served", this::isServing);
    count(counting);
    counting.verify();
    steps.report(
        "it is a replica of the new master now; of %d acknowledged increments none is lost",
        counting.progress().acknowledged());
  }

  /** Returns the keys of the counters, in the order of their slots. */
  private List<String> counters() throws IOException {
    List<String[]> requests = new ArrayList<>();
    for (int i = 0; i < CANDIDATES; i++) {
      requests.add(new String[] {"CLUSTER", "KEYSLOT", "counter:" + i});
    }
    Map<Long, String> byBand = new TreeMap<>();
    try (RespClient connection = cluster.nodes().getFirst().connect()) {
      List<Reply> slots = connection.pipeline(requests);
      for (int i = 0; i < CANDIDATES; i++) {
        byBand.putIfAbsent(slots.get(i).number() / BAND, "counter:" + i);
      }
    }
    return List.copyOf(byBand.values());
  }

  /** Waits while the client counts. */
  private void count(Counting counting) throws Steps.Failure, IOException, InterruptedException {
    long before = counting.progress().acknowledged();
    long startNanos = System.nanoTime();
    steps.until(
        () -> "an increment is acknowledged: " + counting.problem(),
        () ->
            counting.progress().acknowledged() > before
                && Steps.seconds(startNanos) >= COUNTING_SECONDS);
  }

  private boolean isServing() throws IOException {
    for (NodeProcess node : cluster.nodes()) {
      if (!node.ask("CLUSTER", "INFO").text().contains("cluster_state:ok")) {
        return false;
      }
    }
    return true;
  }

  private int replicasInStep() throws IOException {
    int inStep = 0;
    for (NodeProcess node : cluster.nodes()) {
      if ("up".equals(node.info("replication").get("master_link_status"))) {
        inStep++;
      }
    }
    return inStep;
  }

  private static boolean follows(NodeProcess node, int masterPort) throws IOException {
    Map<String, String> info = node.info("replication");
    return Integer.toString(masterPort).equals(info.get("master_port"))
        && "up".equals(info.get("master_link_status"));
  }

  private static List<Line> lines(NodeProcess node) throws IOException {
    return node.ask("CLUSTER", "NODES").text().lines().map(Line::parse).toList();
  }

  private static List<Line> masters(NodeProcess node) throws IOException {
    return lines(node).stream().filter(each -> each.isMaster() && !each.hasFailed()).toList();
  }

  private int indexOf(int port) throws Steps.Failure {
    List<NodeProcess> nodes = cluster.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).port() == port) {
        return i;
      }
    }
    throw new Steps.Failure("CLUSTER NODES shows port " + port + ", which is none of ours");
  }

  private String addresses() {
    return String.join(", ", cluster.nodes().stream().map(node -> at(node.port())).toList());
  }

  private static String at(int port) {
    return "127.0.0.1:" + port;
  }
}
