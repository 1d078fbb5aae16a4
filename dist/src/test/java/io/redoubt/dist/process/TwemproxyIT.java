package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The distribution's twemproxy configuration, in front of three masters. */
@Timeout(120)
final class TwemproxyIT {
  private static final Path CONFIGURATION = Path.of("src/main/cluster/nutcracker.yml");
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int KEYS = 600;
  private static final int MASTERS = 3;
  private static final int FIRST_MASTER_PORT = 6379;
  private static final int STORE_PORT = 22_121;
  private static final int CACHE_PORT = 22_122;
  private static final int REPLY_MILLIS = 20_000;

  @RegisterExtension private final Nodes nodes = new Nodes();
  @TempDir private Path folder;
  private final List<NodeProcess> masters = new ArrayList<>();
  private final List<Integer> ports = FreePorts.several(3); // two pools and statistics
  private @Nullable Process proxy;

  @BeforeEach
  void start() throws Exception {
    Distribution.assumeInstalled("nutcracker");
    String text = Files.readString(CONFIGURATION);
    for (int i = 0; i < MASTERS; i++) {
      masters.add(nodes.server(Kind.REDOUBT, "--appendonly", "yes", "--appendfsync", "always"));
      text =
          replaced(
              text, "127.0.0.1:" + (FIRST_MASTER_PORT + i) + ":1", masters.get(i).port() + ":1");
    }
    text = replaced(text, "127.0.0.1:" + STORE_PORT, ports.get(0) + "");
    text = replaced(text, "127.0.0.1:" + CACHE_PORT, ports.get(1) + "");
    Path file = Files.writeString(folder.resolve("nutcracker.yml"), text);
    Result checked = Distribution.run(Map.of(), "nutcracker", "-t", "-c", file.toString());
    assertThat(checked.status()).as(checked.output()).isZero();
    proxy =
        new ProcessBuilder("nutcracker", "-c", file.toString(), "-s", ports.get(2) + "")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("nutcracker.log").toFile())
            .start();
    await()
        .atMost(LIMIT)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> ask(store(), "SET", "started", "1").equals("OK"));
  }

  private static String replaced(String text, String address, String port) {
    assertThat(text).contains(address);
    return text.replace(address, "127.0.0.1:" + port);
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (proxy != null) {
      proxy.destroy();
      proxy.waitFor();
    }
  }

  private int store() {
    return ports.get(0);
  }

  private int cache() {
    return ports.get(1);
  }

  private static RespClient connect(int port) throws IOException {
    return RespClient.connect("127.0.0.1", port, REPLY_MILLIS);
  }

  private static String ask(int port, String... words) throws IOException {
    try (RespClient client = connect(port)) {
      return text(client.call(words));
    }
  }

  private static String text(Reply reply) {
    return reply.isNull() ? "(nil)" : reply.text();
  }

  private static String[] words(String command, List<String> arguments) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(arguments);
    return all.toArray(String[]::new);
  }

  @Test
  void spreadsKeysOverTheMasters() throws Exception {
    List<String> keys = IntStream.range(0, KEYS).mapToObj(i -> "key:" + i).toList();
    try (RespClient client = connect(store())) {
      for (String key : keys) {
        assertThat(client.call("SET", key, "value of " + key).text()).isEqualTo("OK");
      }
      for (NodeProcess master : masters) {
        assertThat(master.ask("DBSIZE").number()).isBetween(KEYS / 10L, KEYS / 2L);
      }
      assertThat(client.call(words("MGET", keys)).elements().stream().map(TwemproxyIT::text))
          .isEqualTo(keys.stream().map(key -> "value of " + key).toList());
      assertThat(client.call("MSET", "key:0", "a", "key:1", "b", "key:2", "c").text())
          .isEqualTo("OK");
      List<Reply> replies =
          client.pipeline(keys.stream().map(key -> new String[] {"APPEND", key, "!"}).toList());
      assertThat(replies).hasSize(KEYS).noneMatch(Reply::isError);
      assertThat(client.call("GET", "key:1").text()).isEqualTo("b!");
      assertThat(client.call(words("DEL", keys)).number()).isEqualTo(KEYS);
      assertThat(client.call("GET", "key:1").isNull()).isTrue();
    }
  }

  @Test
  void keepsKeysOfAHashTagTogether() throws Exception {
    try (RespClient client = connect(store())) {
      for (int user = 0; user < 20; user++) {
        String tag = "{user:" + user + "}";
        for (int i = 0; i < 5; i++) {
          assertThat(client.call("HSET", tag + ":" + i, "field", "value").number()).isEqualTo(1);
        }
        NodeProcess home = home(tag + ":0");
        for (int i = 1; i < 5; i++) {
          assertThat(home(tag + ":" + i)).isSameAs(home);
        }
        assertThat(
                client
                    .call(
                        "EVAL",
                        "return redis.call('EXISTS', KEYS[1], KEYS[2])",
                        "2",
                        tag + ":0",
                        tag + ":4")
                    .number())
            .isEqualTo(2);
      }
    }
  }

  private NodeProcess home(String key) throws IOException {
    for (NodeProcess master : masters) {
      if (master.ask("EXISTS", key).number() == 1) {
        return master;
      }
    }
    throw new AssertionError(key + " is nowhere");
  }

  /** Returns the index of the master that has the key of the test. */
  private int kill(String key) throws Exception {
    NodeProcess home = home(key);
    home.kill();
    return masters.indexOf(home);
  }

  private void restart(int index) throws Exception {
    masters.set(index, nodes.restart(masters.get(index)));
  }

  @Test
  void refusesKeysOfAMasterThatIsGoneAndHasThemWhenItIsBack() throws Exception {
    for (int i = 0; i < KEYS; i++) {
      assertThat(ask(store(), "SET", "key:" + i, "before")).isEqualTo("OK");
    }
    int gone = kill("key:1");
    long refused = 0;
    try (RespClient client = connect(store())) {
      for (int i = 0; i < KEYS; i++) {
        Reply reply = client.call("SET", "key:" + i, "meanwhile");
        refused += reply.isError() ? 1 : 0;
      }
    }
    assertThat(refused).isBetween(KEYS / 10L, KEYS / 2L);
    restart(gone);
    await().atMost(LIMIT).until(() -> ask(store(), "GET", "key:1").equals("before"));
    long before = 0;
    for (int i = 0; i < KEYS; i++) {
      String value = ask(store(), "GET", "key:" + i);
      assertThat(value).isIn("before", "meanwhile");
      before += value.equals("before") ? 1 : 0;
    }
    assertThat(before).isEqualTo(refused);
  }

  /** The loss is the one that comments of the configuration file describe. */
  @Test
  void replacesAMasterThatIsGoneAndSeesOldValuesWhenItIsBack() throws Exception {
    await().atMost(LIMIT).until(() -> ask(cache(), "SET", "key", "before").equals("OK"));
    int gone = kill("key");
    await().atMost(LIMIT).until(() -> ask(cache(), "SET", "key", "meanwhile").equals("OK"));
    assertThat(ask(cache(), "GET", "key")).isEqualTo("meanwhile");
    restart(gone);
    await().atMost(LIMIT).until(() -> ask(cache(), "GET", "key").equals("before"));
    for (int i = 0; i < MASTERS; i++) {
      String there =
          masters.get(i).ask("GET", "key").isNull() ? "" : text(masters.get(i).ask("GET", "key"));
      assertThat(there).isIn(i == gone ? List.of("before") : List.of("", "meanwhile"));
    }
  }
}
