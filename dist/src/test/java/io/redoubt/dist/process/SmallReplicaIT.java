package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A replica that has too little memory for its master's data set: it goes on answering, never shows
 * part of the data set, and is in step as soon as the data set fits.
 */
final class SmallReplicaIT {
  private static final String SERVER = Kind.REDOUBT.server().toString();
  private static final int VALUE_BYTES = 500_000;
  private static final int VALUES = 500;
  private static final int ATTEMPTS = 2;
  private static final Pattern ATTEMPT = Pattern.compile("MASTER <-> REPLICA sync started");
  private static final Pattern CAUSE =
      Pattern.compile("MASTER <-> REPLICA sync failed: out of memory: ");

  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @CsvSource({
    "disabled, export REDOUBT_JAVA_OPTS=-Dio.redoubt.region.bytes=134217728",
    "on-empty-db, export REDOUBT_JAVA_OPTS=-Dio.redoubt.region.bytes=134217728",
    "swapdb, export REDOUBT_JAVA_OPTS=-Dio.redoubt.region.bytes=134217728",
    "on-empty-db, ulimit -v 3000000"
  })
  void aDataSetThatDoesNotFitIsTriedAgain(String load, String prepared) throws Exception {
    Node master = nodes.server(Kind.REDOUBT, "--rdbcompression", "no");
    try (RespClient client = master.connect()) {
      client.call("SET", "key:0", "v".repeat(VALUE_BYTES));
      for (int i = 1; i < VALUES; i++) {
        client.call("COPY", "key:0", "key:" + i);
      }
      Node replica = launch(prepared, master, load);
      try (RespClient other = replica.connect()) {
        await().atMost(Distribution.LIMIT).until(() -> served(replica, other) >= ATTEMPTS);
        long attempts = count(replica, ATTEMPT);
        assertThat(count(replica, CAUSE)).isBetween(attempts - 1, attempts);
        assertThat(client.call("FLUSHALL")).isEqualTo(new Reply.Simple("OK"));
        assertThat(client.call("SET", "small", "value")).isEqualTo(new Reply.Simple("OK"));
        replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
        assertThat(other.call("GET", "small").text()).isEqualTo("value");
        assertThat(other.call("DBSIZE")).isEqualTo(new Reply.Integer(1));
      }
      assertThat(Files.readString(replica.log())).doesNotContain("\tat ");
    }
  }

  private Node launch(String prepared, Node master, String load) throws Exception {
    int port = FreePorts.one();
    Path folder = nodes.folder("replica");
    Node node =
        nodes.launch(
            Path.of("sh"),
            folder,
            port,
            "-c",
            prepared + " && exec \"$0\" \"$@\"",
            SERVER,
            "--port",
            port + "",
            "--bind",
            "127.0.0.1",
            "--dir",
            folder.toString(),
            "--save",
            "",
            "--repl-diskless-load",
            load,
            "--replicaof",
            "127.0.0.1 " + master.port());
    node.awaitPong(Distribution.LIMIT);
    return node;
  }

  /** Asks what must be answered throughout; returns the number of attempts that have failed. */
  private static long served(Node replica, RespClient client) throws IOException {
    assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
    assertThat(client.call("CONFIG", "GET", "maxmemory").isError()).isFalse();
    assertThat(client.call("INFO").text()).contains("master_link_status:down");
    Reply size = client.call("DBSIZE");
    assertThat(size.isError() ? size.text() : size).isIn(new Reply.Integer(0), loading());
    return count(replica, CAUSE);
  }

  private static String loading() {
    return "LOADING Redis is loading the dataset in memory";
  }

  private static long count(Node node, Pattern line) throws IOException {
    return line.matcher(Files.readString(node.log(), UTF_8)).results().count();
  }
}
