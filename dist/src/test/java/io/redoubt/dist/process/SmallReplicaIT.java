package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A replica with too little memory for its master's data set. It keeps answering, never exposes a
 * partial data set, and syncs as soon as the data set fits.
 */
final class SmallReplicaIT {
  private static final long REGION_BYTES = 64L << 20;
  private static final int VALUE_BYTES = 500_000;
  private static final int VALUES = 150;
  private static final int ATTEMPTS = 2;

  /** On a busy machine each attempt, a full sync, takes several seconds. */
  private static final Duration LIMIT = Distribution.LIMIT.multipliedBy(2L * ATTEMPTS);

  private static final String LOADING = "LOADING Redis is loading the dataset in memory";
  private static final String INCOMPLETE =
      "MASTERDOWN Link with MASTER is down and its full sync has failed: the data set is"
          + " incomplete.";
  private static final Pattern ATTEMPT = Pattern.compile("MASTER <-> REPLICA sync started");
  private static final Pattern CAUSE =
      Pattern.compile(
          "(MASTER <-> REPLICA sync failed: out"
              + "|Failed trying to load the MASTER synchronization DB from disk: Out) of memory: ");

  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @ValueSource(strings = {"disabled", "swapdb"})
  void retriesADataSetThatDoesNotFit(String load) throws Exception {
    NodeProcess master = nodes.server(Kind.REDOUBT, "--rdbcompression", "no");
    try (RespClient client = master.connect()) {
      client.call("SET", "key:0", "v".repeat(VALUE_BYTES));
      for (int i = 1; i < VALUES; i++) {
        client.call("COPY", "key:0", "key:" + i);
      }
      NodeProcess replica = launch(master, load);
      try (RespClient other = replica.connect()) {
        await().atMost(LIMIT).until(() -> served(replica, other) >= ATTEMPTS);
        long attempts = count(replica, ATTEMPT);
        assertThat(count(replica, CAUSE)).isBetween(attempts - 1, attempts);
        assertThat(client.call("FLUSHALL")).isEqualTo(new Reply.Simple("OK"));
        assertThat(client.call("SET", "small", "value")).isEqualTo(new Reply.Simple("OK"));
        replica.awaitInfo("master_link_status", "up", LIMIT);
        assertThat(other.call("GET", "small").text()).isEqualTo("value");
        assertThat(other.call("DBSIZE")).isEqualTo(new Reply.Integer(1));
      }
      assertThat(Files.readString(replica.log())).doesNotContain("\tat ");
    }
  }

  private NodeProcess launch(NodeProcess master, String load) throws Exception {
    return nodes.serverAfter(
        Nodes.addOptions("-Dio.redoubt.region.bytes=" + REGION_BYTES),
        "--save",
        "",
        "--repl-diskless-load",
        load,
        "--replicaof",
        "127.0.0.1 " + master.port());
  }

  /** Sends the requests that must succeed throughout; returns the number of failed attempts. */
  private static long served(NodeProcess replica, RespClient client) throws IOException {
    assertThat(textOf(client.call("PING"))).isIn("PONG", LOADING, INCOMPLETE);
    assertThat(textOf(client.call("DBSIZE"))).isIn("0", LOADING, INCOMPLETE);
    assertThat(client.call("CONFIG", "GET", "maxmemory").isError()).isFalse();
    assertThat(client.call("INFO").text()).contains("master_link_status:down");
    return count(replica, CAUSE);
  }

  private static String textOf(Reply reply) {
    return reply instanceof Reply.Integer(long number) ? Long.toString(number) : reply.text();
  }

  private static long count(NodeProcess node, Pattern line) throws IOException {
    return line.matcher(Files.readString(node.log(), UTF_8)).results().count();
  }
}
