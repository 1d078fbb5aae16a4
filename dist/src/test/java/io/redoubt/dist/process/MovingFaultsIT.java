package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Switches with a redis-cli that is slow, dies or lies, or whose caller is killed, while a writer
 * counts acknowledged writes. Afterwards exactly one server is the master, and it has every
 * acknowledged write. {@code -Dredoubt.moving.runs=20 -Dredoubt.moving.delay=5000
 * -Dredoubt.moving.pause=10000} is as slow as ssh to a busy host; {@code -Dredoubt.moving.lines=30}
 * fails at each line of the switch.
 */
final class MovingFaultsIT {
  private static final Path SWITCH = Distribution.HOME.resolve("moving/switch");
  private static final Path FAULTY_CLI = Path.of("src/test/moving/faulty-cli").toAbsolutePath();
  private static final int RUNS = Integer.getInteger("redoubt.moving.runs", 3);
  private static final int DELAY_MILLIS = Integer.getInteger("redoubt.moving.delay", 500);
  private static final int PAUSE_MILLIS = Integer.getInteger("redoubt.moving.pause", 2_000);

  /** The time after which redis-cli counts as hung. */
  private static final String LIMIT_SECONDS = "20";

  /**
   * The number of lines, from the first pause on, at which each kind of fault is tried; 0 for a
   * random choice.
   */
  private static final int LINES = Integer.getInteger("redoubt.moving.lines", 0);

  /** The number of lines of a switch, from the first pause on, without a retry. */
  private static final int USUAL_LINES = 18;

  /** The longest wait of a write: three pauses, each of which may be delayed. */
  private static final int PATIENCE_MILLIS = 3 * PAUSE_MILLIS + 20 * DELAY_MILLIS;

  /** The number of acknowledged writes before a switch, and again after it. */
  private static final int WRITES = 20;

  @RegisterExtension private final Nodes nodes = new Nodes();
  private final Random random = Seed.random("MovingFaultsIT");
  private NodeProcess master;
  private NodeProcess replica;

  /** The number of acknowledged increments of all writers. */
  private long total;

  @BeforeEach
  void startServers() throws Exception {
    boolean realFirst = random.nextBoolean();
    master = nodes.server(realFirst ? Kind.REAL : Kind.REDOUBT);
    replica = nodes.server(realFirst ? Kind.REDOUBT : Kind.REAL);
  }

  /** Increments a counter on the server that accepts writes, until it is stopped. */
  private static final class Writer implements Runnable {
    private final List<NodeProcess> servers;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean stopped;
    private volatile long acknowledged;

    Writer(NodeProcess... servers) {
      this.servers = List.of(servers);
    }

    @Override
    public void run() {
      try (RespClient first = servers.getFirst().connect();
          RespClient second = servers.getLast().connect()) {
        first.setTimeout(PATIENCE_MILLIS);
        second.setTimeout(PATIENCE_MILLIS);
        RespClient client = first;
        while (!stopped) {
          Reply reply = client.call("INCR", "counter");
          if (!reply.isError()) {
            acknowledged++;
          } else {
            assertThat(reply.text()).startsWith("READONLY");
            client = client == first ? second : first;
            Thread.sleep(1); // as a client does before it tries the other server
          }
        }
      } catch (Exception | AssertionError e) {
        failure.set(new IOException(e));
      }
    }

    /** Waits for more acknowledged writes. */
    void awaitMore() {
      long enough = acknowledged + WRITES;
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> acknowledged >= enough || failure.get() != null);
      assertThat(failure.get()).isNull();
    }
  }

  /**
   * Switches to the replica; checks that nothing was lost, regardless of which server is the master
   * afterwards.
   */
  private Result switches(Map<String, String> faults) throws Exception {
    Writer writer = new Writer(master, replica);
    Thread thread = Thread.ofPlatform().start(writer);
    Result result;
    try {
      writer.awaitMore();
      result =
          Distribution.run(
              faults,
              SWITCH.toString(),
              "--cli",
              FAULTY_CLI.toString(),
              "--pause",
              PAUSE_MILLIS + "",
              "--limit",
              LIMIT_SECONDS,
              "127.0.0.1:" + master.port(),
              "127.0.0.1:" + replica.port());
      writer.awaitMore();
    } finally {
      writer.stopped = true;
      thread.join();
    }
    assertThat(writer.failure.get()).isNull();
    total += writer.acknowledged;
    boolean moved = isMaster(replica);
    assertThat(isMaster(master)).as(result.output()).isEqualTo(!moved);
    if (moved) {
      NodeProcess old = master;
      master = replica;
      replica = old;
    }
    assertThat(master.ask("GET", "counter").number()).as(result.output()).isEqualTo(total);
    if (result.status() == 0) {
      assertThat(moved).as(result.output()).isTrue();
      replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
    } else {
      assertThat(result.output()).containsAnyOf("goes on as the master", "is the master; ");
      replica.ask("REPLICAOF", "127.0.0.1", master.port() + "");
    }
    return result;
  }

  private static boolean isMaster(NodeProcess node) throws IOException {
    return node.info("replication").get("role").equals("master");
  }

  private Map<String, String> fault(String fault, int line) throws IOException {
    return Map.of(
        "FAULT",
        fault,
        "AT",
        line + "",
        "DELAY",
        DELAY_MILLIS + "",
        "SEED",
        random.nextInt(1_000_000) + "",
        "PLACE",
        Files.createTempDirectory(nodes.folder("faults"), "run").toString(),
        "CLI",
        Kind.tool("redis-cli").toString());
  }

  @Test
  void aSlowCliLosesNothing() throws Exception {
    int switched = 0;
    for (int i = 0; i < RUNS; i++) {
      Result result = switches(fault("slow", 0));
      switched += result.status() == 0 ? 1 : 0;
      System.out.println("MovingFaultsIT: " + result.status() + " " + last(result));
    }
    System.out.printf("MovingFaultsIT: %d of %d, %d writes, none lost%n", switched, RUNS, total);
  }

  @Test
  void aFaultAtAnyLineLosesNothing() throws Exception {
    for (String fault : List.of("dies", "deaf", "lies", "interrupts")) {
      List<Integer> lines = new ArrayList<>();
      if (LINES > 0) {
        IntStream.rangeClosed(1, LINES).forEach(lines::add);
      } else {
        lines.add(1 + random.nextInt(USUAL_LINES));
      }
      for (int line : lines) {
        Result result = switches(fault(fault, line));
        System.out.printf(
            "MovingFaultsIT: %s at %d: %d %s%n", fault, line, result.status(), last(result));
      }
    }
  }

  private static String last(Result result) {
    return result.output().lines().reduce("", (before, line) -> line);
  }

  @Test
  void reasonsOfFailuresArePassedOn() throws Exception {
    String dead = "127.0.0.1:" + FreePorts.one();
    String alive = "127.0.0.1:" + master.port();
    Path file = nodes.folder("backup").resolve("dump.rdb");
    String sentinel = dead;
    for (List<String> command :
        List.of(
            List.of("switch", dead, alive),
            List.of("switch", alive, dead),
            List.of("roll", sentinel, "group", "true"),
            List.of("backup", dead, file.toString()))) {
      assertFails(Map.of(), command, "Could not connect to Redis at " + dead);
    }
    assertFails(Map.of(), List.of("switch", alive, alive), "are the same server");

    master.ask("CONFIG", "SET", "requirepass", "secret");
    for (List<String> command :
        List.of(
            List.of("switch", alive, dead),
            List.of("roll", alive, "group", "true"),
            List.of("backup", alive, file.toString()))) {
      assertFails(Map.of("REDISCLI_AUTH", "wrong"), command, "AUTH failed: WRONGPASS");
      assertFails(Map.of(), command, "NOAUTH");
    }

    for (List<String> command :
        List.of(
            List.of("switch", "--cli", "/no/redis-cli", alive, alive),
            List.of("roll", "--cli", "/no/redis-cli", alive, "group", "true"),
            List.of("backup", "--tools", "/no", alive, file.toString()))) {
      assertFails(Map.of(), command, "/no/redis-cli is missing");
    }
    assertFails(Map.of(), List.of("restore", file.toString(), "/no"), file + " can't be read");
    assertThat(file.getParent()).isEmptyDirectory();
  }

  private static void assertFails(
      Map<String, String> environment, List<String> command, String reason) throws Exception {
    List<String> all = new ArrayList<>(command);
    all.set(0, Distribution.HOME.resolve("moving").resolve(command.getFirst()).toString());
    Result result = Distribution.run(environment, all.toArray(String[]::new));
    assertThat(result.status()).as(result.output()).isEqualTo(1);
    assertThat(result.output()).startsWith(command.getFirst() + ": ").contains(reason);
  }

  /** A failure of redis-cli or of the disk during a backup or restore leaves no partial file. */
  @Test
  void aLieIsNoBackup() throws Exception {
    Path tools = nodes.folder("tools");
    Path file = nodes.folder("backup").resolve("dump.rdb");
    Files.writeString(file, "the last one");
    Files.createSymbolicLink(
        tools.resolve("redis-check-rdb"), Distribution.HOME.resolve("bin/redis-check-rdb"));
    for (String lie :
        List.of("exit 0", "for part; do :; done; printf REDIS0011 >\"$part\"", "kill -9 $$")) {
      Path cli = tools.resolve("redis-cli");
      Files.writeString(cli, "#!/bin/sh\n" + lie + "\n");
      assertThat(cli.toFile().setExecutable(true)).isTrue();
      Result result =
          Distribution.run(
              Map.of(),
              Distribution.HOME.resolve("moving/backup").toString(),
              "--tools",
              tools.toString(),
              "127.0.0.1:" + master.port(),
              file.toString());
      assertThat(result.status()).as(result.output()).isEqualTo(1);
      assertThat(Files.readString(file)).isEqualTo("the last one");
      try (var files = Files.list(file.getParent())) {
        assertThat(files).containsExactly(file);
      }
    }
  }
}
