package io.redoubt.server.cluster.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.DefaultOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Extension;
import io.redoubt.server.cluster.message.GossipEntry;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.MalformedMessage;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.MessageDecoder;
import io.redoubt.server.cluster.message.MessageEncoder;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.nodes.NodeRecord.Contact;
import io.redoubt.server.cluster.nodes.NodeRecord.Labels;
import io.redoubt.server.cluster.nodes.NodeRecord.OpenSlots;
import io.redoubt.server.cluster.slot.SlotSet;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Measures the gossip of a node in a large healthy cluster: bytes sent and processor time per
 * second, compared to Redis' rule. {@code -Dredoubt.nodes=1000} sets the number of nodes.
 *
 * <p>One node is real. Its peers answer, and send it as many pings as they receive. They report
 * PONGs as old as the node's own.
 */
class GossipCostTest {
  private static final int NODES = Integer.getInteger("redoubt.nodes", 60);
  private static final long TIMEOUT_MILLIS = 15_000;
  private static final long TICK_MILLIS = 100;
  private static final long WARM_UP_MILLIS = 60_000;
  private static final long MEASURED_MILLIS = 60_000;
  private static final long WALL_MILLIS = 1_700_000_000_000L;
  private static final int HEADER_BYTES = 2256;
  private static final int ENTRY_BYTES = 104;
  private static final int SHARD_ID_BYTES = 48;
  private static final int CANDIDATES = 5;

  private final RandomGenerator random = Seed.splittable(1);
  private final List<String> ids = new ArrayList<>();
  private final Map<Integer, Integer> links = new HashMap<>();
  private final Cluster cluster = new Cluster(state(), options(), random, 0);
  private long now;
  private long pings;
  private long bytes;
  private long cpuNanos;

  private static ClusterOptions options() {
    return DefaultOptions.of(endpoint(0), TIMEOUT_MILLIS);
  }

  private static Endpoint endpoint(int number) {
    return new Endpoint("10.0." + number / 250 + "." + (1 + number % 250), 6379, 0, 16379);
  }

  private static boolean isMaster(int number) {
    return number % 2 == 0;
  }

  private static SlotSet slots(int number) {
    int masters = (NODES + 1) / 2;
    int share = number / 2;
    return isMaster(number)
        ? SlotSet.range(SlotSet.SLOTS * share / masters, SlotSet.SLOTS * (share + 1) / masters - 1)
        : new SlotSet();
  }

  private int flags(int number) {
    return isMaster(number) ? NodeFlag.MASTER : NodeFlag.REPLICA;
  }

  private ClusterState state() {
    List<NodeRecord> records = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      ids.add(String.format(Locale.ROOT, "%040x", i + 1));
      records.add(
          new NodeRecord(
              ids.get(i),
              endpoint(i),
              Labels.NONE,
              flags(i) | (i == 0 ? NodeFlag.MYSELF : 0),
              isMaster(i) ? null : ids.get(i - 1),
              Contact.MYSELF,
              new Claim(isMaster(i) ? i + 1 : 0, slots(i)),
              OpenSlots.NONE));
    }
    return new ClusterState(ids.getFirst(), NODES, 0, records);
  }

  /** Processes an input and performs its outputs, and measures both. */
  private void step(Input input) {
    long before = cpuNow();
    List<Output> outputs = cluster.step(now, input);
    cpuNanos += cpuNow() - before;
    for (Output output : outputs) {
      if (output instanceof Output.Connect(int link, Endpoint endpoint)) {
        links.put(link, number(endpoint));
        step(new Input.Connected(link));
      } else if (output instanceof Output.Send(int connection, Message message)) {
        before = cpuNow();
        bytes += MessageEncoder.encode(message).length;
        cpuNanos += cpuNow() - before;
        if (message.body() instanceof Body.Gossip gossip && gossip.kind() == GossipKind.PING) {
          pings++;
          receive(connection, links.getOrDefault(connection, 0), GossipKind.PONG);
          receive(-1, 1 + random.nextInt(NODES - 1), GossipKind.PING);
        }
      }
    }
  }

  private static int number(Endpoint endpoint) {
    String[] parts = endpoint.ip().split("\\.", -1);
    return 250 * Integer.parseInt(parts[2]) + Integer.parseInt(parts[3]) - 1;
  }

  private void receive(int connection, int from, GossipKind kind) {
    List<GossipEntry> entries = new ArrayList<>();
    for (int i = 0; i < entriesOfRedis(); i++) {
      int about = 1 + random.nextInt(NODES - 1);
      Node sampled = cluster.node(ids.get(1 + random.nextInt(NODES - 1)));
      long pongAt = sampled == null ? 0 : cluster.record(sampled).contact().pongReceivedMillis();
      entries.add(new GossipEntry(ids.get(about), 0, pongAt / 1000, endpoint(about), flags(about)));
    }
    byte[] arriving =
        MessageEncoder.encode(
            new Message(
                new Header(
                    ids.get(from),
                    endpoint(from),
                    new Header.View(NODES, true),
                    new Claim(
                        isMaster(from) ? from + 1 : from, slots(isMaster(from) ? from : from - 1)),
                    1,
                    isMaster(from) ? null : ids.get(from - 1),
                    flags(from),
                    Header.EXTENSION_DATA),
                new Body.Gossip(kind, entries, List.of(new Extension.ShardId("f".repeat(40))))));
    try {
      long before = cpuNow();
      Message message = MessageDecoder.decode(arriving);
      cpuNanos += cpuNow() - before;
      step(new Input.Received(connection, endpoint(0).ip(), endpoint(from).ip(), message));
    } catch (MalformedMessage e) {
      throw new AssertionError(e);
    }
  }

  private static long cpuNow() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static int entriesOfRedis() {
    return Math.min(Math.max(3, NODES / 10), NODES - 2);
  }

  private void run(long millis) {
    for (long end = now + millis; now < end; now += TICK_MILLIS) {
      step(new Input.Tick(WALL_MILLIS + now));
    }
  }

  /** Returns the number of PINGs per second by Redis' rule, with the same peers. */
  private double pingsOfRedis() {
    long[] pongAt = new long[NODES];
    long sent = 0;
    long time = 0;
    for (; time < WARM_UP_MILLIS + MEASURED_MILLIS; time += TICK_MILLIS) {
      if (time == WARM_UP_MILLIS) {
        sent = 0;
      }
      List<Integer> pinged = new ArrayList<>();
      if (time % 1000 == 0) {
        int oldest = 1 + random.nextInt(NODES - 1);
        for (int i = 1; i < CANDIDATES; i++) {
          int other = 1 + random.nextInt(NODES - 1);
          oldest = pongAt[other] < pongAt[oldest] ? other : oldest;
        }
        pinged.add(oldest);
      }
      for (int i = 1; i < NODES; i++) {
        if (time - pongAt[i] > TIMEOUT_MILLIS / 2) {
          pinged.add(i);
        }
      }
      for (int node : pinged) {
        sent++;
        pongAt[node] = time;
        // The PONG and a peer's PING carry gossip about others.
        for (int i = 0; i < 2 * entriesOfRedis(); i++) {
          int about = 1 + random.nextInt(NODES - 1);
          long reported = pongAt[1 + random.nextInt(NODES - 1)] / 1000 * 1000;
          pongAt[about] = Math.max(pongAt[about], reported);
        }
      }
    }
    return sent * 1000.0 / MEASURED_MILLIS;
  }

  @Test
  void sendsNoMoreThanRedis() {
    run(WARM_UP_MILLIS);
    pings = 0;
    bytes = 0;
    cpuNanos = 0;
    run(MEASURED_MILLIS);
    double seconds = MEASURED_MILLIS / 1000.0;
    double redis = pingsOfRedis();
    double redisBytes =
        2 * redis * (HEADER_BYTES + SHARD_ID_BYTES + entriesOfRedis() * (double) ENTRY_BYTES);
    System.out.printf(
        Locale.ROOT,
        "%d nodes, node timeout %d ms: a node sends %.1f PINGs and %.0f KB a second, with %.2f ms"
            + " of processor time; by Redis' rule %.1f PINGs and %.0f KB%n",
        NODES,
        TIMEOUT_MILLIS,
        pings / seconds,
        bytes / seconds / 1000,
        cpuNanos / seconds / 1e6,
        redis,
        redisBytes / 1000);
    assertThat(cluster.allNodes()).noneMatch(node -> node.has(NodeFlag.PFAIL | NodeFlag.FAIL));
    assertThat(pings / seconds).isLessThan(1.3 * redis);
    assertThat(bytes / seconds).isLessThan(1.3 * redisBytes);
  }
}
