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
 * What the fleet has promised, and whether it keeps it.
 *
 * <ul>
 *   <li>A write of which WAIT has said that n replicas have it is found on n replicas, those
 *       counted that were killed or told to begin anew since.
 *   <li>A replica that has it keeps it until it is killed or told to follow another than the
 *       master. So when one that has it becomes master it is not lost. What the new master never
 *       had is: that is no promise of WAIT's.
 *   <li>At each place of a history, an id and an offset, the content is the same wherever and
 *       whenever it is reached.
 * </ul>
 */
final class Promises {
  /** A key that is always there, unless a server has lost all. */
  private static final String ALIVE = "alive";

  /** A write that replicas have, and the lives of those in which they had it. */
  private record Waited(String key, Map<Integer, Integer> lives) {}

  private final Fleet fleet;
  private final Simulation simulation;
  private final Desk waiter = new Desk("10.0.1.2");
  private final Desk story = new Desk("10.0.1.3");
  private final List<Waited> kept = new ArrayList<>();
  private final Map<String, String> truth = new HashMap<>();
  private long waited;
  private long places;

  Promises(Fleet fleet) {
    this.fleet = fleet;
    this.simulation = fleet.simulation();
  }

  /** How many writes replicas had of which WAIT said so. */
  long waited() {
    return waited;
  }

  /** How many places of histories were reached a second time. */
  long places() {
    return places;
  }

  /** How things are before a write: who has all that a data set has. */
  record Before(int term, int[] lives, boolean[] whole) {}

  /** Looks how things are. */
  Before before() {
    int term = fleet.term();
    int[] lives = fleet.nodes().stream().mapToInt(SimulatedNode::life).toArray();
    boolean[] whole = new boolean[fleet.size()];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = !fleet.isMaster(i) && !isEmpty(waiter, fleet.node(i));
    }
    return new Before(term, lives, whole);
  }

  /** WAIT has said that so many replicas have a write. */
  void told(String key, long count, Before before) {
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
      return; // it was the word of a master that is one no more
    }
    assertThat(perhaps).as("replicas with " + key).isGreaterThanOrEqualTo(count);
    waited += count;
    kept.add(new Waited(key, holders));
  }

  /** Whether a node has lost all that it had, or can't be asked. */
  boolean isEmpty(SimulatedNode node) {
    return isEmpty(story, node);
  }

  private static boolean isEmpty(Desk desk, SimulatedNode node) {
    List<Reply> values = desk.values(node, List.of(ALIVE));
    return values == null || !(values.getFirst() instanceof Reply.Bulk);
  }

  /**
   * A server has become master: what it had while it lived must be there.
   *
   * @param all whether it must have all
   */
  void masterIs(int index, boolean all) throws IOException {
    SimulatedNode node = fleet.node(index);
    List<Waited> lost = lacking(node);
    for (Waited write : lost) {
      Integer life = write.lives.get(index);
      assertThat(all || life != null && life == node.life())
          .as("whether %s was on %s, which is master now without it", write.key, node)
          .isFalse();
    }
    kept.removeAll(lost);
    begin(node);
    simulation.note(
        "%d writes waited for, %d lost with a master".formatted(kept.size(), lost.size()));
  }

  /** A master begins to have what tells a whole data set from none. */
  void begin(SimulatedNode master) throws IOException {
    master.ask("SELECT " + Desk.DATABASE);
    master.ask("SET " + ALIVE + " yes");
    master.ask("SELECT 0");
  }

  private List<Waited> lacking(SimulatedNode node) throws IOException {
    List<Waited> asked = List.copyOf(kept);
    List<String> keys = new ArrayList<>(List.of(ALIVE));
    asked.forEach(write -> keys.add(write.key));
    List<Reply> values = story.values(node, keys);
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

  /** What is kept must be on a node. */
  void checkAll(SimulatedNode node) throws IOException {
    assertThat(lacking(node)).as("what %s lacks", node).isEmpty();
  }

  /**
   * Compares what a node has with what others had at the same place.
   *
   * @return where it is and what it has; null when it can't tell
   */
  @Nullable String look(SimulatedNode node) throws IOException {
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
      return null; // nothing is counted before there is a replica
    }
    String digest = replies.elements().get(1).text();
    String place = fields.get("master_replid") + ":" + fields.get("master_repl_offset");
    String before = truth.putIfAbsent(place, digest);
    if (before != null) {
      places++;
      assertThat(digest).as("content of %s at %s", node, place).isEqualTo(before);
    }
    return place + " " + digest;
  }
}
