package io.redoubt.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Client eviction counts all memory of clients ({@code maxmemory-clients}). */
@ServerTest("")
final class ClientEvictionTest {
  private static final int LIMIT_BYTES = 200_000;
  private static final int MOST_COMMANDS = 5000;

  private final RedisServer server;
  private final Dialogue redis;

  ClientEvictionTest(RedisServer server, Dialogue redis) {
    this.server = server;
    this.redis = redis;
  }

  @AfterEach
  void lift() {
    redis.says("CONFIG SET maxmemory-clients 0 maxmemory 0", "OK");
    redis.says("CONFIG RESETSTAT", "OK");
  }

  private RespClient connect() throws IOException {
    return RespClient.connect("127.0.0.1", server.port());
  }

  /** Sends a command with a new name for each {@code #} until the client is closed. */
  private static int commandsUntilClosed(RespClient client, String command) {
    String[] words = command.split(" ");
    for (int i = 0; i < MOST_COMMANDS; i++) {
      String name = "name" + i;
      List<String> request = new ArrayList<>();
      for (String word : words) {
        request.add(word.replace("#", name));
      }
      try {
        client.call(request.toArray(String[]::new));
      } catch (IOException closed) {
        return i;
      }
    }
    return MOST_COMMANDS;
  }

  private long evicted() {
    Matcher field = Pattern.compile("evicted_clients:(\\d+)").matcher(redis.text("INFO stats"));
    assertThat(field.find()).isTrue();
    return Long.parseLong(field.group(1));
  }

  private String line(long id) {
    return redis.text("CLIENT LIST ID " + id);
  }

  private static long number(String line, String field) {
    Matcher found = Pattern.compile(" " + field + "=(\\d+)").matcher(line);
    assertThat(found.find()).as("%s in %s", field, line).isTrue();
    return Long.parseLong(found.group(1));
  }

  private static long id(RespClient client) throws IOException {
    return Long.parseLong(client.call("CLIENT", "ID").toString().replaceAll("\\D", ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WATCH #",
        "SUBSCRIBE #",
        "PSUBSCRIBE #",
        "SSUBSCRIBE #",
        "CLIENT TRACKING ON BCAST PREFIX a#. PREFIX b#.",
      })
  void evictsAClientThatKeepsManyNames(String command) throws IOException {
    redis.says("CONFIG SET maxmemory-clients " + LIMIT_BYTES, "OK");
    try (RespClient client = connect()) {
      client.call("HELLO", "3");
      assertThat(commandsUntilClosed(client, command)).isBetween(50, 2000);
    }
    assertThat(evicted()).isEqualTo(1);
    redis.says("PING", "PONG");
  }

  @Test
  void evictsAClientThatQueuesMuch() throws IOException {
    redis.says("CONFIG SET maxmemory-clients " + LIMIT_BYTES, "OK");
    try (RespClient client = connect()) {
      client.call("MULTI");
      assertThat(commandsUntilClosed(client, "SET # " + "v".repeat(1000))).isBetween(50, 300);
    }
    assertThat(evicted()).isEqualTo(1);
  }

  /** Announces a large argument; returns the line that another client reads in the same turn. */
  private String listedInTheTurnOfALargeArgument(RespClient client, RespClient other)
      throws Exception {
    long id = id(client);
    other.call("PING");
    try (HeldLoop _ = new HeldLoop(server)) {
      client.sendRaw(("*2\r\n$4\r\nECHO\r\n$" + LIMIT_BYTES + "\r\n").getBytes(US_ASCII));
      other.send("CLIENT", "LIST", "ID", "" + id);
    }
    return other.receive().text();
  }

  @Test
  void othersSeeALargeArgumentInTheTurnOfItsAnnouncement() throws Exception {
    try (RespClient client = connect();
        RespClient other = connect()) {
      String line = listedInTheTurnOfALargeArgument(client, other);
      assertThat(number(line, "tot-mem")).isBetween((long) LIMIT_BYTES, LIMIT_BYTES + 9000L);
    }
  }

  @Test
  void othersFindAClientEvictedInTheTurnOfItsAnnouncement() throws Exception {
    redis.says("CONFIG SET maxmemory-clients " + LIMIT_BYTES, "OK");
    try (RespClient client = connect();
        RespClient other = connect()) {
      assertThat(listedInTheTurnOfALargeArgument(client, other)).isEmpty();
      assertThatThrownBy(client::receive).isInstanceOf(IOException.class);
    }
    assertThat(evicted()).isEqualTo(1);
  }

  @Test
  void evictsAClientThatWaitsForManyKeys() throws IOException {
    redis.says("CONFIG SET maxmemory-clients " + LIMIT_BYTES, "OK");
    try (RespClient client = connect()) {
      List<String> words = new ArrayList<>(List.of("BLPOP"));
      IntStream.range(0, 1500).forEach(i -> words.add("list" + i));
      words.add("0");
      client.send(words.toArray(String[]::new));
      while (evicted() == 0) {
        Thread.onSpinWait();
      }
    }
    assertThat(redis.text("INFO clients")).contains("total_blocking_keys:0\r\n");
  }

  @Test
  void countsTheNamesOfWatchedKeys() throws IOException {
    try (RespClient client = connect()) {
      long id = id(client);
      long before = number(line(id), "tot-mem");
      client.call("WATCH", "k".repeat(100_000));
      assertThat(number(line(id), "tot-mem") - before).isBetween(100_000L, 102_000L);
      client.call("UNWATCH");
      assertThat(number(line(id), "tot-mem")).isBetween(before, before + 100);
    }
  }

  @Test
  void showsWhatAPartlyReceivedRequestTakes() throws IOException {
    try (RespClient client = connect()) {
      long id = id(client);
      long before = number(line(id), "tot-mem");
      byte[] part =
          ("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$9000\r\n" + "v".repeat(700)).getBytes(US_ASCII);
      client.sendRaw(part);
      String line = line(id);
      while (number(line, "qbuf-free") == 0) { // kept by the client, no longer in the shared buffer
        line = line(id);
      }
      assertThat(number(line, "qbuf")).isEqualTo(700);
      assertThat(number(line, "argv-mem")).isEqualTo(6);
      assertThat(number(line, "tot-mem") - before).isBetween(9000L, 11_000L);
      client.sendRaw(("v".repeat(8300) + "\r\n").getBytes(US_ASCII));
      client.receive();
      line = line(id);
      assertThat(number(line, "qbuf") + number(line, "qbuf-free")).isZero();
      assertThat(number(line, "argv-mem")).isZero();
      assertThat(number(line, "tot-mem")).isLessThanOrEqualTo(before + 100);
    }
  }

  @Test
  void showsTheArgumentsOfRunningAndBlockedCommands() throws IOException {
    long own = redis.integer("CLIENT ID");
    assertThat(number(redis.text("CLIENT LIST ID " + own), "argv-mem"))
        .isEqualTo("CLIENTLISTID".length() + Long.toString(own).length());
    try (RespClient client = connect()) {
      long id = id(client);
      client.send("BLPOP", "alist", "0");
      while (!line(id).contains(" flags=b ")) {
        Thread.onSpinWait();
      }
      assertThat(number(line(id), "argv-mem")).isEqualTo("BLPOPalist0".length());
    }
  }

  @Test
  void evictsTheLargestFirstAndOnlyUntilTheOthersFit() throws IOException {
    List<RespClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 12; i++) {
        RespClient client = connect();
        clients.add(client);
        client.call("CLIENT", "SETNAME", "size" + i % 3);
        client.call("WATCH", "k".repeat(20_000 << (i % 3 * 2)));
      }
      redis.says("CONFIG SET maxmemory-clients 700000", "OK");
      assertThat(redis.text("CLIENT LIST").split("name=size0")).hasSize(5);
      assertThat(redis.text("CLIENT LIST").split("name=size1")).hasSize(5);
      assertThat(redis.text("CLIENT LIST")).doesNotContain("name=size2");
      redis.says("CONFIG SET maxmemory-clients 300000", "OK");
      assertThat(redis.text("CLIENT LIST").split("name=size0")).hasSize(5);
      assertThat(redis.text("CLIENT LIST").split("name=size1")).hasSizeBetween(2, 3);
      redis.says("CONFIG SET maxmemory 10mb maxmemory-clients 1%", "OK"); // at least 128 KiB
      assertThat(redis.text("CLIENT LIST").split("name=size0")).hasSize(5);
      assertThat(redis.text("CLIENT LIST")).doesNotContain("name=size1");
    } finally {
      for (RespClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void sparesReplicasAndClientsWithNoEvictButNoMonitors() throws IOException {
    try (RespClient monitor = connect();
        RespClient spared = connect();
        RespClient replica = connect()) {
      long id = id(monitor);
      monitor.call("MONITOR");
      spared.call("CLIENT", "NO-EVICT", "ON");
      spared.call("WATCH", "k".repeat(LIMIT_BYTES * 2));
      replica.call("WATCH", "k".repeat(LIMIT_BYTES * 2));
      replica.send("PSYNC", "?", "-1");
      while (!redis.text("CLIENT LIST").contains(" flags=S ")) {
        Thread.onSpinWait();
      }
      redis.says("CLIENT NO-EVICT ON", "OK");
      redis.says("CONFIG SET maxmemory-clients " + LIMIT_BYTES, "OK");
      assertThat(line(id)).isEmpty();
      assertThat(redis.text("CLIENT LIST")).contains(" flags=e ").contains(" flags=S ");
      spared.send("CLIENT", "NO-EVICT", "OFF");
      while (redis.text("CLIENT LIST TYPE normal").lines().count() > 1) {
        Thread.onSpinWait();
      }
      assertThat(redis.text("CLIENT LIST")).contains(" flags=S ");
      redis.says("CLIENT NO-EVICT OFF", "OK");
    }
  }
}
