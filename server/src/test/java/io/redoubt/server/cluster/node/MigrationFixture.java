package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.number;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;

/**
 * Two masters that serve all slots: keys of the {@link #SLOT} move from the source to the target.
 */
abstract class MigrationFixture {
  /** The slot of keys with the tag a. */
  static final int SLOT = 15495;

  @AutoClose final TestNodes nodes = new TestNodes("cluster-node-timeout 15000");

  RespClient target;
  RespClient source;

  @BeforeEach
  void pair() throws Exception {
    target = nodes.join();
    source = nodes.join();
    awaitKnown(target, 2);
    ok(target.call("CLUSTER", "ADDSLOTSRANGE", "0", "9999"));
    ok(source.call("CLUSTER", "ADDSLOTSRANGE", "10000", "16383"));
    awaitServing(target);
    awaitServing(source);
  }

  /** Starts the migration of a range of slots from the source to the target. */
  final void migrate(int first, int last) throws Exception {
    ok(
        source.call(
            "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "" + first, "" + last, "NODE", id(target)));
  }

  /** Returns the fields of the latest migration of a node. */
  static Map<String, String> latest(RespClient client) throws Exception {
    List<Reply> all = client.call("CLUSTER", "GETSLOTMIGRATIONS").elements();
    Map<String, String> fields = new HashMap<>();
    if (!all.isEmpty()) {
      List<Reply> first = all.getFirst().elements();
      for (int i = 0; i < first.size(); i += 2) {
        Reply value = first.get(i + 1);
        fields.put(
            first.get(i).text(),
            value instanceof Reply.Integer(long number) ? "" + number : value.text());
      }
    }
    return fields;
  }

  /** Returns the state of the latest migration of a node; "none" if there was none. */
  static String state(RespClient client) throws Exception {
    return latest(client).getOrDefault("state", "none");
  }

  /** Waits for a state of the latest migration of a node. */
  static void becomes(RespClient client, String state) {
    try {
      await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(LIMIT)
          .until(() -> state(client).equals(state));
    } catch (org.awaitility.core.ConditionTimeoutException e) {
      try {
        throw new AssertionError("wanted " + state + ": " + latest(client), e);
      } catch (Exception other) {
        throw new AssertionError(other);
      }
    }
  }
}
