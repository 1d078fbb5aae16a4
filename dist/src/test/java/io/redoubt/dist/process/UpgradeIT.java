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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of the folder {@code moving}: a rolling upgrade under writes, backup and restore. */
final class UpgradeIT {
  private static final Path MOVING = Distribution.HOME.resolve("moving");
  private static final int DOWN_AFTER_MILLIS = 20_000;

  /** Restarts the server of a port, as a package manager does after an upgrade. */
  private static final String RESTART =
      """
      #!/bin/sh
      set -eu
      conf=$(grep -rlx "port $4" "$1" --include=*.conf)
      pid=$("$2/bin/redis-cli" -p "$4" info server | tr -d '\\r' | sed -n 's/^process_id://p')
      "$2/bin/redis-cli" -p "$4" shutdown save >/dev/null 2>&1 || true
      while kill -0 "$pid" 2>/dev/null && ! grep -q 'State:.Z' "/proc/$pid/status"; do sleep 0.05; done
      "$2/bin/redis-server" "$conf" --daemonize yes --logfile again.log >/dev/null
      """;

  @RegisterExtension private final Nodes nodes = new Nodes();
  @TempDir private Path folder;

  /** Increments a counter on the current master, until it is stopped. */
  private static final class Writer implements Runnable {
    private final NodeProcess sentinel;
    private volatile boolean stopped;
    private volatile long acknowledged;

    /** The number of requests without a reply, which may have been executed. */
    private volatile long unknown;

    Writer(NodeProcess sentinel) {
      this.sentinel = sentinel;
    }

    private RespClient connect() throws IOException {
      Reply address = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Topology.MASTER_NAME);
      return RespClient.connect("127.0.0.1", (int) address.elements().getLast().number(), 5_000);
    }

    @Override
    public void run() {
      while (!stopped) {
        try (RespClient master = connect()) {
          writeTo(master);
        } catch (IOException e) {
          continue; // the master has changed or is about to change
        }
      }
    }

    private void writeTo(RespClient master) throws IOException {
      while (!stopped) {
        unknown++;
        Reply reply = master.call("INCR", "counter");
        unknown--;
        if (reply.isError()) {
          assertThat(reply.text()).startsWith("READONLY");
          return;
        }
        acknowledged++;
      }
    }
  }

  @Test
  void aRollingUpgradeLosesNoWrite() throws Exception {
    Path script = folder.resolve("restart");
    Files.writeString(script, RESTART);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path place = Files.createDirectory(folder.resolve("group"));
    Set<Long> pids = new TreeSet<>();
    Topology group =
        new Topology(
            place,
            Kind.REDOUBT.server(),
            Kind.REDOUBT.sentinel(),
            FreePorts.several(Topology.NODES),
            DOWN_AFTER_MILLIS);
    try {
      group.start();
      group.awaitStable(Distribution.LIMIT);
      NodeProcess sentinel = group.sentinels().getFirst();
      List<Long> before = processes(group);
      Writer writer = new Writer(sentinel);
      Thread thread = Thread.ofPlatform().start(writer);
      Result result =
          Distribution.run(
              Map.of(),
              MOVING.resolve("roll").toString(),
              "--cli",
              Distribution.HOME.resolve("bin/redis-cli").toString(),
              "--limit",
              "60",
              "127.0.0.1:" + sentinel.port(),
              Topology.MASTER_NAME,
              script.toString(),
              place.toString(),
              Distribution.HOME.toString());
      List<Long> after = processes(group);
      pids.addAll(after);
      assertThat(result.status()).as(result.output()).isZero();
      assertThat(after).doesNotContainAnyElementsOf(before);
      long atEnd = writer.acknowledged;
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> writer.acknowledged >= atEnd + 10 || !thread.isAlive());
      writer.stopped = true;
      thread.join();
      try (RespClient master = writer.connect()) {
        assertThat(master.call("GET", "counter").number())
            .isBetween(writer.acknowledged, writer.acknowledged + writer.unknown);
      }
      assertThat(writer.acknowledged).isGreaterThan(100);
    } finally {
      group.close();
      for (long pid : pids) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      }
    }
  }

  /** A restart command that returns before the restart, or without one, must stop the upgrade. */
  @Test
  void aServerThatWasNotReplacedEndsTheUpgrade() throws Exception {
    Topology group =
        new Topology(
            Files.createDirectory(folder.resolve("group")),
            Kind.REDOUBT.server(),
            Kind.REDOUBT.sentinel(),
            FreePorts.several(Topology.NODES),
            DOWN_AFTER_MILLIS);
    try {
      group.start();
      group.awaitStable(Distribution.LIMIT);
      NodeProcess sentinel = group.sentinels().getFirst();
      Result result =
          moving(
              "roll", "--limit", "2", "127.0.0.1:" + sentinel.port(), Topology.MASTER_NAME, "true");
      assertThat(result.status()).as(result.output()).isEqualTo(1);
      assertThat(result.output().lines().toList())
          .hasSize(2)
          .last()
          .asString()
          .endsWith("did not catch up within 2 s: it still is the same process");
    } finally {
      group.close();
    }
  }

  private static List<Long> processes(Topology group) throws IOException {
    return group.servers().stream()
        .map(server -> {
          try {
            return Long.parseLong(server.info("server").get("process_id"));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        })
        .toList();
  }

  @Test
  void aBackupIsRestoredInEitherForm() throws Exception {
    NodeProcess server = nodes.server(Kind.REDOUBT);
    server.ask("EVAL", "for i = 1, 500 do redis.call('HSET', 'h' .. i % 50, i, i) end", "0");
    String digest = server.ask("DEBUG", "DIGEST").text();
    Path backup = nodes.folder("backup").resolve("dump.rdb");
    String address = "127.0.0.1:" + server.port();
    assertThat(moving("backup", address, backup.toString()).status()).isZero();
    assertThat(moving("backup", address, backup.toString()).status()).isZero();
    try (var files = Files.list(backup.getParent())) {
      assertThat(files).containsExactly(backup);
    }

    Path plain = nodes.folder("plain");
    assertThat(moving("restore", backup.toString(), plain.toString()).status()).isZero();
    assertThat(started(plain, "no").ask("DEBUG", "DIGEST").text()).isEqualTo(digest);
    Path append = nodes.folder("append");
    String form = "--appendonly";
    assertThat(moving("restore", form, backup.toString(), append.toString()).status()).isZero();
    assertThat(started(append, "yes").ask("DEBUG", "DIGEST").text()).isEqualTo(digest);

    Result again = moving("restore", backup.toString(), plain.toString());
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.output()).contains("has a dump.rdb");
  }

  @Test
  void aDamagedBackupDoesNotReplaceTheLastOne() throws Exception {
    Path backup = nodes.folder("backup").resolve("dump.rdb");
    Files.writeString(backup, "the last one");
    Result result = moving("backup", "127.0.0.1:" + FreePorts.one(), backup.toString());
    assertThat(result.status()).isEqualTo(1);
    assertThat(Files.readString(backup)).isEqualTo("the last one");
    Path empty = nodes.folder("empty");
    assertThat(moving("restore", backup.toString(), empty.toString()).output())
        .contains("is damaged");
    assertThat(empty).isEmptyDirectory();
  }

  private static Result moving(String script, String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = MOVING.resolve(script).toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return Distribution.run(Map.of(), command);
  }

  private NodeProcess started(Path place, String appendonly) throws Exception {
    int port = FreePorts.one();
    NodeProcess node =
        nodes.launch(
            Kind.REDOUBT.server(),
            place,
            port,
            "--port",
            port + "",
            "--bind",
            "127.0.0.1",
            "--dir",
            place.toString(),
            "--appendonly",
            appendonly,
            "--enable-debug-command",
            "yes");
    node.awaitPong(Distribution.LIMIT);
    return node;
  }
}
