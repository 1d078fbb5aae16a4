package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Slots move as a whole (CLUSTER MIGRATESLOTS) from the first of three masters to the second while
 * clients count in them. Clients see neither ASK nor TRYAGAIN, and a kill of source or target loses
 * nothing.
 */
@Timeout(300)
final class SlotMigrationIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int NODES = 3;
  private static final int NODE_TIMEOUT_MILLIS = 2_000;
  private static final int MOVED = 100;
  private static final int BATCH = 32;
  private static final int SET_BATCH = 1_000;
  private static final int WRITERS = 2;

  /** After this many batches each counter has been incremented a few times. */
  private static final int BATCHES_BEFORE = 50;

  private static final int SOURCE = 0;
  private static final int TARGET = 1;

  /** The states in which a migration may end. */
  private static final Set<String> OVER = Set.of("success", "failed", "cancelled");

  @RegisterExtension private final Nodes nodes = new Nodes();
  private final List<NodeProcess> members = new ArrayList<>();

  /** A hash tag for each moved slot. */
  private final List<String> tags = new ArrayList<>();

  /** The names of the migrations of earlier rounds. */
  private final Set<String> earlier = new HashSet<>();

  /** The number of batches sent by all writers. */
  private final AtomicLong batches = new AtomicLong();

  private volatile boolean stopped;

  /** The increments of a key. */
  private record Counts(long acknowledged, long unknown) {
    Counts plus(Counts more) {
      return new Counts(acknowledged + more.acknowledged, unknown + more.unknown);
    }
  }

  /** The results of a writer. */
  private record Written(Map<String, Counts> counts, Map<String, Long> errors, long longestNanos) {}

  @BeforeEach
  void create() throws Exception {
    for (int i = 0; i < NODES; i++) {
      members.add(
          nodes.server(
              Kind.REDOUBT,
              "--cluster-enabled",
              "yes",
              "--cluster-port",
              FreePorts.one() + "",
              "--cluster-node-timeout",
              NODE_TIMEOUT_MILLIS + "",
              "--appendonly",
              "yes",
              "--appendfsync",
              "always"));
    }
    String unused = ClusterNodes.create(Kind.REDOUBT.cli(), members, 0);
    awaitServing();
    Map<Long, String> found = new TreeMap<>();
    try (RespClient client = members.getFirst().connect()) {
      for (int i = 0; found.size() < MOVED; i++) {
        long slot = client.call("CLUSTER", "KEYSLOT", "t" + i).number();
        if (slot < MOVED) {
          found.putIfAbsent(slot, "{t" + i + "}");
        }
      }
    }
    tags.addAll(found.values());
  }

  private static void ok(Reply reply) {
    assertThat(reply.text()).isEqualTo("OK");
  }

  private void awaitServing() {
    for (NodeProcess node : members) {
      awaitFact(() -> {
        String info = node.ask("CLUSTER", "INFO").text();
        return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + NODES);
      });
    }
  }

  private static void awaitFact(Callable<Boolean> fact) {
    await().atMost(LIMIT).ignoreExceptionsInstanceOf(IOException.class).until(fact);
  }

  @Test
  void clientsSeeOnlyTheNewOwner() throws Exception {
    fill(SOURCE, 1_000_000);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Written>> writers = startWriters(threads);
      long startNanos = System.nanoTime();
      awaitFact(() -> batches.get() > BATCHES_BEFORE);
      long before = usedMemory();
      awaitFact(() -> members.getFirst().info().get("aof_rewrite_in_progress").equals("0"));
      assertThat(members.getFirst().ask("BGSAVE").text()).contains("started");
      migrate();
      long[] most = {before};
      awaitFact(() -> {
        most[0] = Math.max(most[0], usedMemory());
        return state(members.getFirst()).equals("success");
      });
      stopped = true;
      double seconds = (System.nanoTime() - startNanos) / 1e9;
      long acknowledged = verify(writers, Set.of("MOVED"), "");
      System.out.printf(
          "SlotMigrationIT: %.0f increments a second; used_memory of the source was %d, then at"
              + " most %d; %s%n",
          acknowledged / seconds,
          before,
          most[0],
          logged(members.getFirst(), " paused writes for "));
      assertThat(setSize(TARGET)).isEqualTo(1_000_000);
    }
  }

  /** Kills source or target in each phase; the next round moves the slots on from their owner. */
  @Test
  void nothingIsLostWhenANodeIsKilled() throws Exception {
    List<String> phases =
        List.of("snapshotting", "replicating", "failover-paused", "failover-granted", "success");
    killed(SOURCE, "reading-establish-response");
    for (String phase : phases) {
      killed(TARGET, phase);
      killed(SOURCE, phase);
    }
  }

  private void killed(int killed, String phase) throws Exception {
    restartCounts();
    fill(SOURCE, 20_000);
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<Written>> writers = startWriters(threads);
      awaitFact(() -> batches.get() > BATCHES_BEFORE);
      migrate();
      String seen = awaitPhase(members.get(killed), phase);
      members.get(killed).kill();
      members.set(killed, nodes.restart(members.get(killed)));
      awaitServing();
      awaitFact(() -> isOver(SOURCE) && isOver(TARGET));
      awaitFact(() -> owners() == 1);
      stopped = true;
      int owner = owns(SOURCE) ? SOURCE : TARGET;
      verify(writers, Set.of("MOVED", "CLUSTERDOWN", "LOADING", "MASTERDOWN"), phase + " " + seen);
      System.out.printf(
          "SlotMigrationIT: %s killed while %s, node %d owns the slots%n",
          killed == SOURCE ? "source" : "target", seen, owner);
      assertThat(setSize(owner)).as(phase).isEqualTo(20_000);
      int other = owner == SOURCE ? TARGET : SOURCE;
      awaitFact(() -> keysOfMoved(other) == 0);
      if (owner == TARGET) {
        Collections.swap(members, SOURCE, TARGET);
      }
    }
  }

  /** Empties the nodes for another round. */
  private void restartCounts() throws IOException {
    for (NodeProcess node : members) {
      ok(node.ask("FLUSHALL"));
      try (RespClient client = node.connect()) {
        migrations(client).forEach(each -> earlier.add(field(each, "name")));
      }
    }
    batches.set(0);
    stopped = false;
  }

  private void fill(int node, int count) throws IOException {
    try (RespClient client = members.get(node).connect()) {
      for (int i = 0; i < count; i += SET_BATCH) {
        List<String> words = new ArrayList<>(List.of("SADD", tags.getFirst() + "set"));
        for (int k = i; k < i + SET_BATCH; k++) {
          words.add("member-" + k);
        }
        assertThat(client.call(words.toArray(String[]::new)).number()).isEqualTo(SET_BATCH);
      }
    }
  }

  private long setSize(int node) throws IOException {
    return members.get(node).ask("SCARD", tags.getFirst() + "set").number();
  }

  private long usedMemory() throws IOException {
    return Long.parseLong(members.getFirst().info("memory").get("used_memory"));
  }

  private void migrate() throws IOException {
    String target = members.get(TARGET).ask("CLUSTER", "MYID").text();
    ok(
        members
            .get(SOURCE)
            .ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "0", MOVED - 1 + "", "NODE", target));
  }

  /** Returns the state of a node's last migration, empty without one. */
  private String state(NodeProcess node) throws IOException {
    try (RespClient client = node.connect()) {
      return state(client);
    }
  }

  private String state(RespClient client) throws IOException {
    for (Reply migration : migrations(client)) {
      if (!earlier.contains(field(migration, "name"))) {
        return field(migration, "state");
      }
    }
    return "";
  }

  private static List<Reply> migrations(RespClient client) throws IOException {
    return List.copyOf(client.call("CLUSTER", "GETSLOTMIGRATIONS").elements());
  }

  private static String field(Reply migration, String name) {
    List<Reply> fields = List.copyOf(migration.elements());
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      if (fields.get(i).text().equals(name)) {
        return fields.get(i + 1).text();
      }
    }
    return "";
  }

  private boolean isOver(int node) throws IOException {
    String state = state(members.get(node));
    return state.isEmpty() || OVER.contains(state); // a restart loses the history of migrations
  }

  /**
   * Waits for a phase or any later one, because phases may be short; returns the observed state.
   */
  private String awaitPhase(NodeProcess node, String phase) throws IOException {
    List<String> order =
        List.of(
            "",
            "connecting",
            "reading-establish-response",
            "snapshotting",
            "replicating",
            "failover-paused",
            "failover-granted",
            "success");
    try (RespClient client = node.connect()) {
      String state;
      do {
        state = state(client);
        assertThat(state).isNotIn("failed", "cancelled");
      } while (order.indexOf(state) < order.indexOf(phase));
      return state;
    }
  }

  private boolean owns(int node) throws IOException {
    String id = members.get(node).ask("CLUSTER", "MYID").text();
    return ownerAt(members.get(node)).equals(id);
  }

  /**
   * Returns the id of the owner of all moved slots in a node's view; empty if there is no single
   * owner.
   */
  private static String ownerAt(NodeProcess node) throws IOException {
    for (Reply range : node.ask("CLUSTER", "SLOTS").elements()) {
      List<Reply> parts = List.copyOf(range.elements());
      if (parts.get(0).number() == 0 && parts.get(1).number() >= MOVED - 1) {
        return List.copyOf(parts.get(2).elements()).get(2).text();
      }
    }
    return "";
  }

  /** Returns the number of different owners in the views of the nodes. */
  private int owners() throws IOException {
    Set<String> names = new HashSet<>();
    for (NodeProcess node : members) {
      names.add(ownerAt(node));
    }
    return names.size();
  }

  private long keysOfMoved(int node) throws IOException {
    long keys = 0;
    try (RespClient client = members.get(node).connect()) {
      for (int slot = 0; slot < MOVED; slot++) {
        keys += client.call("CLUSTER", "COUNTKEYSINSLOT", slot + "").number();
      }
    }
    return keys;
  }

  private List<Future<Written>> startWriters(ExecutorService threads) {
    List<Future<Written>> writers = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int number = i;
      writers.add(threads.submit(() -> write(number)));
    }
    return writers;
  }

  /** Increments in batches at the node that owns the slots, until the test is over. */
  private Written write(int number) {
    Map<String, Counts> counts = new HashMap<>();
    Map<String, Long> errors = new TreeMap<>();
    long longest = 0;
    int owner = SOURCE;
    RespClient client = null;
    for (int step = 0; !stopped; step++) {
      List<String> keys = new ArrayList<>();
      List<String[]> requests = new ArrayList<>();
      for (int i = 0; i < BATCH; i++) {
        String key = tags.get((step * BATCH + i) % MOVED) + number;
        keys.add(key);
        requests.add(new String[] {"INCR", key});
      }
      long startNanos = System.nanoTime();
      List<Reply> replies = List.of();
      try {
        if (client == null) {
          client = members.get(owner).connect();
        }
        replies = client.pipeline(requests);
        batches.incrementAndGet();
        longest = Math.max(longest, System.nanoTime() - startNanos);
      } catch (IOException e) {
        close(client);
        client = null;
      }
      boolean moved = replies.isEmpty();
      for (int i = 0; i < BATCH; i++) {
        boolean unknown = replies.isEmpty();
        boolean refused = !unknown && replies.get(i) instanceof Reply.Error;
        Counts more = new Counts(unknown || refused ? 0 : 1, unknown ? 1 : 0);
        counts.merge(keys.get(i), more, Counts::plus);
        if (refused) {
          errors.merge(replies.get(i).text().split(" ", -1)[0], 1L, Long::sum);
          moved = true;
        }
      }
      if (moved) {
        close(client);
        client = null;
        owner = owner == SOURCE ? TARGET : SOURCE;
      }
    }
    close(client);
    return new Written(counts, errors, longest);
  }

  private static void close(@Nullable RespClient client) {
    if (client != null) {
      try {
        client.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Verifies the counters; returns the number of acknowledged increments. */
  private long verify(List<Future<Written>> writers, Set<String> expected, String title)
      throws Exception {
    long acknowledged = 0;
    long unknown = 0;
    long longest = 0;
    Map<String, Long> errors = new TreeMap<>();
    NodeProcess owner = members.get(owns(SOURCE) ? SOURCE : TARGET);
    for (Future<Written> each : writers) {
      Written written = each.get(60, TimeUnit.SECONDS);
      longest = Math.max(longest, written.longestNanos);
      written.errors.forEach((error, count) -> errors.merge(error, count, Long::sum));
      try (RespClient client = owner.connect()) {
        for (var counter : written.counts.entrySet()) {
          Reply reply = client.call("GET", counter.getKey());
          long value = reply.isNull() ? 0 : reply.number();
          Counts counts = counter.getValue();
          assertThat(value)
              .as(title + " " + counter.getKey())
              .isBetween(counts.acknowledged, counts.acknowledged + counts.unknown);
          acknowledged += counts.acknowledged;
          unknown += counts.unknown;
        }
      }
    }
    System.out.printf(
        "SlotMigrationIT: %d increments acknowledged, %d unknown, errors %s, a batch took at most"
            + " %.0f ms%n",
        acknowledged, unknown, errors, longest / 1e6);
    assertThat(acknowledged).isPositive();
    assertThat(errors.keySet()).isSubsetOf(expected);
    return acknowledged;
  }

  /** Returns the line of a node's log that contains a text. */
  private static String logged(NodeProcess node, String text) throws IOException {
    try (Stream<String> lines = Files.lines(node.log())) {
      return lines.filter(line -> line.contains(text)).findFirst().orElseThrow();
    }
  }
}
