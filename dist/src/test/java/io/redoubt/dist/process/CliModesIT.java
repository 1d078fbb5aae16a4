package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Runs the modes of Debian's redis-cli against this server and against a real one: the output
 * differs only in figures.
 */
final class CliModesIT {
  private static final int MOST_READ = 64;

  /** Commands with the same arguments in Redis 7.0 and here. */
  private static final List<String> HELP =
      List.of(
          "help getex",
          "help zadd",
          "help zrange",
          "help geodist",
          "help client tracking",
          "help xautoclaim",
          "help lmpop",
          "help config set",
          "help debug");

  /** A use of redis-cli and the check of its output. */
  @FunctionalInterface
  private interface Use {
    List<String> output(NodeProcess node) throws IOException, InterruptedException;
  }

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final Map<Kind, NodeProcess> servers = new EnumMap<>(Kind.class);

  @BeforeEach
  void start() throws Exception {
    for (Kind kind : Kind.values()) {
      NodeProcess node = nodes.server(kind, "--maxmemory-policy", "allkeys-lfu");
      servers.put(kind, node);
      try (RespClient client = node.connect()) {
        client.call("SET", "small", "1");
        client.call("SET", "long", "x".repeat(100));
        client.call("RPUSH", "list", "a", "b", "c", "d");
        client.call("SADD", "set", "a", "b", "c");
        client.call("ZADD", "zset", "1", "a", "2", "b");
        client.call("HSET", "hash", "f", "v", "g", "w", "h", "x");
        client.call("XADD", "stream", "1-1", "f", "v");
        client.call("XADD", "stream", "1-2", "f", "v");
        client.call(
            "FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f',function() end)");
        for (int i = 0; i < MOST_READ; i++) {
          client.call("GET", "small");
        }
      }
    }
  }

  @Test
  void theSameAsOfRedis() throws Exception {
    same("--bigkeys", node -> summary(run(node, "--bigkeys")));
    same("--memkeys", node -> withoutFigures(summary(run(node, "--memkeys"))));
    same("--hotkeys", node -> hottest(run(node, "--hotkeys")));
    same("--scan", node -> run(node, "--scan", "--pattern", "s*").stream().sorted().toList());
    same("--latency", node -> withoutFigures(run(node, "--latency", "--raw", "-i", "0.05")));
    same("--latency-history", node -> firstLines(node, 1, "--latency-history", "-i", "0.05"));
    same("--latency-dist", node -> firstLines(node, 5, "--latency-dist", "-i", "0.05"));
    same("--stat", node -> firstLines(node, 4, "--stat", "-i", "0.05"));
    same("--rdb", node -> checked(node, "--rdb"));
    same("--functions-rdb", node -> checked(node, "--functions-rdb"));
    same("--pipe", this::pipe);
    same("monitor", this::monitor);
    same("help", node -> arguments(input(node, String.join("\n", HELP) + "\n", "--no-raw")));
    same("hints", this::hint);
  }

  private void same(String title, Use use) throws Exception {
    List<String> expected = use.output(server(Kind.REAL));
    assertThat(expected).as(title + " of Redis").isNotEmpty();
    assertThat(use.output(server(Kind.REDOUBT))).as(title).isEqualTo(expected);
  }

  private NodeProcess server(Kind kind) {
    return Objects.requireNonNull(servers.get(kind));
  }

  private static List<String> summary(List<String> lines) {
    return lines.subList(lines.indexOf("-------- summary -------"), lines.size());
  }

  /** Returns the hottest key, without its counter, which is random. */
  private static List<String> hottest(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("hot key found"))
        .limit(1)
        .map(line -> line.replaceFirst("[0-9]+", "N"))
        .toList();
  }

  /** Replaces figures and the blanks that align them. */
  private static List<String> withoutFigures(List<String> lines) {
    return lines.stream()
        .map(line -> line.replaceAll("[0-9]+(\\.[0-9]+)?[KMG]?", "N").replaceAll(" +", " "))
        .toList();
  }

  /** Downloads a file and returns the report of redis-check-rdb on its content. */
  private List<String> checked(NodeProcess node, String option)
      throws IOException, InterruptedException {
    Path file = nodes.folder("downloads").resolve(node.port() + option);
    List<String> lines = new ArrayList<>(run(node, option, file.toString()));
    lines.replaceAll(line -> line.replaceAll("[0-9]+ bytes", "N bytes"));
    lines.removeIf(line -> line.startsWith("SYNC sent to master"));
    Distribution.Result check =
        Distribution.run(Map.of(), Kind.tool("redis-check-rdb").toString(), file.toString());
    assertThat(check.status()).as(check.output()).isZero();
    check.output().lines().filter(line -> line.startsWith("[info]")).forEach(lines::add);
    return lines;
  }

  private List<String> pipe(NodeProcess node) throws IOException, InterruptedException {
    String set = "*3\r\n$3\r\nSET\r\n$5\r\npiped\r\n$1\r\n1\r\n";
    return input(node, set.repeat(1_000) + "*2\r\n$4\r\nINCR\r\n$4\r\nlist\r\n", "--pipe");
  }

  private List<String> monitor(NodeProcess node) throws IOException, InterruptedException {
    try (ShownProgram cli = new ShownProgram(command(node, "monitor"))) {
      cli.await(text -> text.startsWith("OK\n"));
      try (RespClient client = node.connect()) {
        client.call("SET", "a\"b", "x\ny");
        client.call("AUTH", "secret");
        client.call("SELECT", "3");
        client.call("MULTI");
        client.call("INCR", "n");
        client.call("EXEC");
        client.call("EVAL", "return redis.call('GET', KEYS[1])", "1", "n");
        client.call("ECHO", "last");
      }
      return cli.await(text -> text.contains("last\"\n"))
          .lines()
          .map(line -> line.replaceFirst("^[0-9]+\\.[0-9]{6} ", "TIME "))
          .map(line -> line.replaceFirst("127\\.0\\.0\\.1:[0-9]+", "ADDRESS"))
          .toList();
    }
  }

  /** Types at a terminal and returns the last line drawn by redis-cli, with the hint. */
  private List<String> hint(NodeProcess node) throws IOException, InterruptedException {
    String cli = "stty cols 120; " + String.join(" ", command(node));
    try (ShownProgram terminal =
        new ShownProgram(List.of("script", "-q", "-c", cli, "/dev/null"))) {
      terminal.await(text -> text.contains(node.port() + "> "));
      terminal.type("getex key ");
      String text = terminal.await(it -> it.contains("getex key \u001b[0;90;49m"));
      return List.of(text.substring(text.lastIndexOf("getex key ")).replaceAll("\u001b.*?m", ""));
    }
  }

  /** Returns the usage lines of a help text. */
  private static List<String> arguments(List<String> help) {
    return help.stream().filter(line -> line.contains("\u001b[1m")).toList();
  }

  private static List<String> firstLines(NodeProcess node, int count, String... arguments)
      throws IOException, InterruptedException {
    try (ShownProgram cli = new ShownProgram(command(node, arguments))) {
      String text =
          cli.await(it -> it.chars().filter(c -> c == '\n' || c == '\r').count() >= count);
      List<String> lines = Arrays.stream(text.split("[\r\n]+")).limit(count).toList();
      return withoutFigures(lines);
    }
  }

  private static List<String> run(NodeProcess node, String... arguments)
      throws IOException, InterruptedException {
    return input(node, "", arguments);
  }

  private static List<String> input(NodeProcess node, String text, String... arguments)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(node, arguments)).redirectErrorStream(true).start();
    try {
      try (var input = process.getOutputStream()) {
        input.write(text.getBytes(StandardCharsets.UTF_8));
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isIn(0, 1);
      return output.lines().filter(line -> !line.isBlank()).toList();
    } finally {
      process.destroyForcibly();
    }
  }

  /** Returns a command line of redis-cli with unbuffered output. */
  private static List<String> command(NodeProcess node, String... arguments) {
    List<String> command = new ArrayList<>(List.of("stdbuf", "-oL"));
    command.add(Kind.tool("redis-cli").toString());
    command.addAll(List.of("-h", "127.0.0.1", "-p", node.port() + ""));
    command.addAll(List.of(arguments));
    return command;
  }
}
