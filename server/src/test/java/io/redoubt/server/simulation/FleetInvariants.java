package io.redoubt.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The invariants of a fleet, checked during a run and after it.
 *
 * <ul>
 *   <li>A write that WAIT counted on n replicas is on n replicas, including those that were killed
 *       or moved to another master since.
 *   <li>A replica keeps such a write until it is killed or ordered to follow a server other than
 *       the master. A replica that has it and becomes the master therefore still has it. Writes
 *       that the new master never had are lost; WAIT does not promise otherwise.
 *   <li>At each position of a history, a replication id and an offset, all servers have the same
 *       content.
 * </ul>
 */
final class FleetInvariants {
  /** A key that exists unless a server has lost its data set. */
  private static final String ALIVE = "alive";

  /** A write that WAIT counted, and the replicas that had it, each with its life at that time. */
  private record Waited(String key, Map<Integer, Integer> lives) {}

  private final Fleet fleet;
  private final Simulation simulation;
  private final DirectClients waiter = new DirectClients("10.0.1.2");
  private final DirectClients checker = new DirectClients("10.0.1.3");
  private final List<Waited> kept = new ArrayList<>();
  private final Map<String, String> truth = new HashMap<>();
  private long waited;
  private long positions;

  FleetInvariants(Fleet fleet) {
    this.fleet = fleet;
    this.simulation = fleet.simulation();
  }

  /** Returns the sum of the replica counts that WAIT returned. */
  long waited() {
    return waited;
  }

  /** Returns the number of positions of histories that were compared with an earlier visit. */
  long positions() {
    return positions;
  }

  /** The state of the fleet before a write, with the replicas that have a complete data set. */
  record Before(int term, int[] lives, boolean[] whole) {}

  /** Returns the current state of the fleet. */
  Before before() {
    int term = fleet.term();
    int[] lives = fleet.nodes().stream().mapToInt(SimulatedNode::life).toArray();
    boolean[] whole = new boolean[fleet.size()];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = !fleet.isMaster(i) && !isEmpty(waiter, fleet.node(i));
    }
    return new Before(term, lives, whole);
  }

  /**
   * Checks a count that WAIT returned for a write, and records the replicas that have the write.
   */
  void onAcknowledged(String key, long count, Before before) {
    Map<Integer, Integer> holders = new LinkedHashMap<>();
    long perhaps = 0;
    for (int i = 0; i < fleet.size(); i++) {
      if (fleet.isMaster(i)) {
        continue;
      }
      List<Reply> values = waiter.values(fleet.node(i), List.of(ALIVE, key));
      boolean whole = values != null && values.get(0) instanceof Reply.Bulk;
      boolean has = whole && values != null && values.get(1) instanceof Reply.Bulk;
      boolean same = fleet.node(i).life() == before.lives[i];
      if (has && same) {
        holders.put(i, before.lives[i]);
      }
      boolean hadPerhaps = !same || !whole && before.whole[i];
      perhaps += has || hadPerhaps ? 1 : 0;
    }
    if (fleet.term() != before.term) {
      return; // the reply came from a server that is no longer master
    }
    assertThat(perhaps).as("replicas with " + key).isGreaterThanOrEqualTo(count);
    waited += count;
    kept.add(new Waited(key, holders));
  }

  /** Returns true if a node has lost its data set or does not answer. */
  boolean isEmpty(SimulatedNode node) {
    return isEmpty(checker, node);
  }

  private static boolean isEmpty(DirectClients clients, SimulatedNode node) {
    List<Reply> values = clients.values(node, List.of(ALIVE));
    return values == null || !(values.getFirst() instanceof Reply.Bulk);
  }

  /**
   * Checks that a server that has become master still has the writes of its current life.
   *
   * @param all true if it must have all recorded writes
   */
  void checkNewMaster(int index, boolean all) throws IOException {
    SimulatedNode node = fleet.node(index);
    List<Waited> lost = lacking(node);
    for (Waited write : lost) {
      Integer life = write.lives.get(index);
      assertThat(all || life != null && life == node.life())
          .as("whether %s was on %s, which is master now without it", write.key, node)
          .isFalse();
    }
    kept.removeAll(lost);
    markWhole(node);
    simulation.note(
        "%d writes waited for, %d lost with a master".formatted(kept.size(), lost.size()));
  }

  /** Writes the key that distinguishes a complete data set from an empty one. */
  void markWhole(SimulatedNode master) throws IOException {
    master.ask("SELECT " + DirectClients.DATABASE);
    master.ask("SET " + ALIVE + " yes");
    master.ask("SELECT 0");
  }

  private List<Waited> lacking(SimulatedNode node) throws IOException {
    List<Waited> asked = List.copyOf(kept);
    List<String> keys = new ArrayList<>(List.of(ALIVE));
    asked.forEach(write -> keys.add(write.key));
    List<Reply> values = checker.values(node, keys);
    if (values == null) {
      throw new IOException(node + " does not answer");
    }
    List<Waited> lacking = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      if (!(values.get(i + 1) instanceof Reply.Bulk)) {
        lacking.add(asked.get(i));
      }
    }
    return lacking;
  }

  /** Checks that a node has all recorded writes. */
  void checkAll(SimulatedNode node) throws IOException {
    assertThat(lacking(node)).as("writes that %s lacks", node).isEmpty();
  }

  /**
   * Compares the content of a node with that of others at the same position.
   *
   * @return its position and digest; null if it has none
   */
  @Nullable String compare(SimulatedNode node) throws IOException {
    if (!node.isUp()) {
      return null;
    }
    node.call("MULTI");
    node.call("INFO", "replication");
    node.call("DEBUG", "DIGEST");
    if (!(node.call("EXEC") instanceof Reply.Array replies)) {
      return null;
    }
    Map<String, String> fields = SimulatedNode.fields(replies.elements().get(0).text());
    if (!"1".equals(fields.get("repl_backlog_active"))) {
      return null; // the offset does not advance before the first replica
    }
    String digest = replies.elements().get(1).text();
    String position = fields.get("master_replid") + ":" + fields.get("master_repl_offset");
    String before = truth.putIfAbsent(position, digest);
    if (before != null) {
      positions++;
      assertThat(digest).as("content of %s at %s", node, position).isEqualTo(before);
    }
    return position + " " + digest;
  }
}
