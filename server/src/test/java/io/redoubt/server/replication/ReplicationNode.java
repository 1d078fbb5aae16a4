package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A server of a replication test: Redoubt in this process, or a real Redis. */
final class ReplicationNode implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(10);

  private final Stop server;
  private final int port;
  private final ByteArrayOutputStream log;
  private final RespClient client;

  private ReplicationNode(Stop server, int port, ByteArrayOutputStream log) throws IOException {
    this.server = server;
    this.port = port;
    this.log = log;
    client = RespClient.connect("127.0.0.1", port);
  }

  /** Starts a Redoubt server; each line is a line of configuration. */
  static ReplicationNode ours(Path directory, String... lines) throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    List<String> all = new ArrayList<>(List.of(lines));
    all.add("dir " + directory);
    Clock clock = Clock.system();
    RedisServer server =
        TestServers.start(new Log(clock, ZoneOffset.UTC, 1, log), all.toArray(String[]::new));
    return new ReplicationNode(server::close, server.port(), log);
  }

  /** Starts a Redoubt server at the port of an earlier one. */
  static ReplicationNode again(Path directory, int port, String... lines) throws Exception {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    List<String> all = new ArrayList<>(List.of(lines));
    all.add("dir " + directory);
    all.add("port " + port);
    RedisServer server =
        TestServers.startAtItsPort(
            new Log(Clock.system(), ZoneOffset.UTC, 1, log), all.toArray(String[]::new));
    return new ReplicationNode(server::close, server.port(), log);
  }

  /** Starts a real Redis with command-line options. */
  static ReplicationNode real(Path directory, String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--repl-diskless-sync-delay", "0"));
    all.addAll(List.of(options));
    RealRedis redis = RealRedis.start(directory, all.toArray(String[]::new));
    return new ReplicationNode(redis::close, redis.port(), new ByteArrayOutputStream());
  }

  int port() {
    return port;
  }

  /** Sends a command, its words separated by spaces, and returns the reply. */
  Reply call(String line) throws IOException {
    return client.call(line.split(" "));
  }

  /** Sends a command and returns the text of its reply; null replies are "(nil)". */
  String ask(String line) throws IOException {
    Reply reply = call(line);
    return reply instanceof Reply.Null ? "(nil)" : reply.text();
  }

  Reply call(byte[]... words) throws IOException {
    return client.call(words);
  }

  /**
   * Shuts down a Redoubt server with SHUTDOWN, which has no reply; this process keeps the
   * connection.
   */
  void shutDown(String... words) throws IOException {
    client.send(words);
    until("the shutdown", () -> log.toString(UTF_8).contains("bye bye"));
  }

  /** Returns the fields of a section of INFO. */
  Map<String, String> info(String section) throws IOException {
    Map<String, String> fields = new TreeMap<>();
    for (String line : ask("INFO " + section).split("\r\n")) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    return fields;
  }

  String info(String section, String field) throws IOException {
    return info(section).getOrDefault(field, "");
  }

  long offset() throws IOException {
    return Long.parseLong(info("replication", "master_repl_offset"));
  }

  /** Returns the lines of the log without process id and time: {@code * text} or {@code # text}. */
  List<String> log() {
    return log.toString(UTF_8)
        .lines()
        .map(line -> line.replaceFirst("^\\d+:. \\d+ \\w+ \\d+ [\\d:.]+ ", ""))
        .toList();
  }

  /** Waits until a condition holds. */
  static void until(String what, Condition condition) {
    await(what)
        .atMost(PATIENCE)
        .pollInterval(POLL)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(condition::holds);
  }

  /** A condition to wait for. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws Exception;
  }

  /** Waits until this replica has caught up with its master. */
  void untilInSyncWith(ReplicationNode master) {
    until(
        "replication of " + master.port + " by " + port,
        () -> {
          Map<String, String> mine = info("replication");
          Map<String, String> theirs = master.info("replication");
          return mine.getOrDefault("master_link_status", "").equals("up")
              && mine.getOrDefault("master_replid", "").equals(theirs.get("master_replid"))
              && mine.getOrDefault("master_repl_offset", "")
                  .equals(theirs.get("master_repl_offset"));
        });
  }

  /** Returns all keys of all databases with their values and expiry times. */
  Map<String, String> content() throws IOException {
    Map<String, String> content = new TreeMap<>();
    for (int database = 0; database < 16; database++) {
      ask("SELECT " + database);
      for (Reply key : ((Reply.Array) call("KEYS *")).elements()) {
        byte[] name = ((Reply.Bulk) key).bytes();
        Reply value = call("GET".getBytes(UTF_8), name);
        Reply expiry = call("PEXPIRETIME".getBytes(UTF_8), name);
        content.put(database + ":" + new String(name, ISO_8859_1), value.hashCode() + " " + expiry);
      }
    }
    ask("SELECT 0");
    return content;
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.stop();
  }

  /** Stops a server. */
  private interface Stop {
    void stop();
  }
}
