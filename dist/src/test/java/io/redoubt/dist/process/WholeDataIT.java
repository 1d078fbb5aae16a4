package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Clients hammer a process in each state in which its data is incomplete or being discarded: none
 * of their requests is executed. {@code -Dredoubt.starts=100} repeats each state that often.
 */
final class WholeDataIT {
  private static final int STARTS = Integer.getInteger("redoubt.starts", 1);

  /**
   * The number of keys. Loading 5 MB takes several turns of the loop, during which clients connect.
   */
  private static final int KEYS = 2500;

  private static final int VALUE_BYTES = 2000;

  private static final int LEAST_ATTEMPTS = 100;
  private static final int LEAST_WRITES = 500;

  @RegisterExtension private final Nodes nodes = new Nodes();
  private final int port = FreePorts.one();

  /** Damage to a data folder that must prevent a start. */
  private enum Damage {
    /** Bytes overwritten in the middle of the incremental file. */
    APPEND_ONLY_FILE,
    MISSING_BASE,
    WRONG_CHECKSUM,
    CUT_SNAPSHOT,
    /** A function library that doesn't compile. */
    FUNCTIONS,
    ACL_FILE,
    CLUSTER_STATE,
    /** The data directory can't take the first append-only file. */
    FIRST_APPEND_ONLY_FILE,
    METRICS_PORT,
    MEMBERSHIP,
    KNOWN_SENTINELS,
    LEASES;

    List<String> options(int busy) {
      return switch (this) {
        case APPEND_ONLY_FILE, MISSING_BASE, FIRST_APPEND_ONLY_FILE ->
            List.of("--appendonly", "yes");
        case ACL_FILE -> List.of("--aclfile", "users.acl");
        case CLUSTER_STATE -> List.of("--cluster-enabled", "yes", "--cluster-port", "0");
        case METRICS_PORT -> List.of("--metrics-port", Integer.toString(busy));
        default -> List.of();
      };
    }
  }

  /** Makes a folder with a snapshot and an append-only file of the same keys. */
  private Path filledFolder() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT, "--appendonly", "yes", "--rdbcompression", "no");
    try (RespClient client = node.connect()) {
      List<String[]> writes = new ArrayList<>();
      for (int i = 0; i < KEYS; i++) {
        writes.add(new String[] {"SET", "w0:" + i, "v".repeat(VALUE_BYTES)});
      }
      writes.add(
          new String[] {
            "FUNCTION",
            "LOAD",
            "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
          });
      writes.add(new String[] {"SAVE"});
      assertThat(client.pipeline(writes)).noneMatch(Reply::isError);
    }
    node.kill();
    return nodes.folder(node);
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else if (!file.endsWith("output")) {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  private void damage(Path folder, Damage damage) throws IOException {
    Path dump = folder.resolve("dump.rdb");
    Path incremental = folder.resolve("appendonlydir/appendonly.aof.1.incr.aof");
    byte[] snapshot = Files.readAllBytes(dump);
    switch (damage) {
      case APPEND_ONLY_FILE -> {
        byte[] bytes = Files.readAllBytes(incremental);
        int at = new String(bytes, ISO_8859_1).indexOf("*3\r\n", bytes.length / 2);
        Arrays.fill(bytes, at, at + 8, (byte) 'x');
        Files.write(incremental, bytes);
      }
      case MISSING_BASE -> Files.delete(folder.resolve("appendonlydir/appendonly.aof.1.base.rdb"));
      case WRONG_CHECKSUM -> {
        snapshot[snapshot.length - 1] ^= 1;
        Files.write(dump, snapshot);
      }
      case CUT_SNAPSHOT -> Files.write(dump, Arrays.copyOf(snapshot, snapshot.length / 2));
      case FUNCTIONS -> {
        int at = new String(snapshot, ISO_8859_1).indexOf("redis.register");
        snapshot[at] = '(';
        Arrays.fill(snapshot, snapshot.length - 8, snapshot.length, (byte) 0); // no checksum
        Files.write(dump, snapshot);
      }
      case ACL_FILE -> Files.writeString(folder.resolve("users.acl"), "user default on +nosuch\n");
      case CLUSTER_STATE -> Files.writeString(folder.resolve("nodes.conf"), "nonsense\n");
      case FIRST_APPEND_ONLY_FILE -> {
        Files.move(folder.resolve("appendonlydir"), folder.resolve("old"));
        Files.createDirectories(incremental.resolve("in the way"));
      }
      case METRICS_PORT -> {
        // another socket listens there
      }
      case MEMBERSHIP -> Files.writeString(state(folder, "write-acks"), "nonsense\n");
      case KNOWN_SENTINELS -> Files.createDirectory(state(folder, "sentinels"));
      case LEASES -> Files.createDirectory(state(folder, "sentinel-leases"));
    }
  }

  private Path state(Path folder, String name) {
    return folder.resolve(name + "-" + port + ".state");
  }

  private static Map<String, Long> files(Path folder) throws IOException {
    Map<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        sizes.put(folder.relativize(file).toString(), Files.size(file));
      }
    }
    return sizes;
  }

  @Test
  void nothingIsExecutedAfterAStartThatFails() throws Exception {
    Path filled = filledFolder();
    Map<Damage, Integer> attempted = new EnumMap<>(Damage.class);
    Map<Damage, Integer> refused = new EnumMap<>(Damage.class);
    try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Hammer hammer = new Hammer(port)) {
      for (int start = 0; start < STARTS; start++) {
        for (Damage damage : Damage.values()) {
          String name = damage.name().toLowerCase(Locale.ROOT) + start;
          Path folder = copy(filled, nodes.folder(name));
          damage(folder, damage);
          Map<String, Long> before = files(folder);
          int attempts = hammer.attempts();
          int errors = hammer.refused();
          NodeProcess node = begin(folder, damage.options(busy.getLocalPort()));
          assertThat(Nodes.awaitStatus(node)).as("exit status of %s", damage).isEqualTo(1);
          assertThat(hammer.served()).as("executed with %s", damage).isEmpty();
          assertThat(hammer.attempts() - attempts).isGreaterThan(LEAST_ATTEMPTS);
          assertThat(files(folder)).as("files after %s", damage).containsAllEntriesOf(before);
          attempted.merge(damage, hammer.attempts() - attempts, Integer::sum);
          refused.merge(damage, hammer.refused() - errors, Integer::sum);
        }
      }
    }
    System.out.printf(
        "WholeDataIT: %d starts each, connections attempted %s, requests refused %s%n",
        STARTS, attempted, refused);
  }

  private NodeProcess begin(Path folder, List<String> options) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("--port", port + "", "--bind", "127.0.0.1", "--dir", folder + ""));
    arguments.addAll(options);
    return nodes.launch(
        Kind.REDOUBT.server(),
        nodes.folder("log-" + folder.getFileName()),
        port,
        arguments.toArray(String[]::new));
  }

  private enum End {
    SIGTERM,
    SHUTDOWN,
    SHUTDOWN_WITH_APPEND_ONLY_FILE
  }

  @ParameterizedTest
  @EnumSource
  void whatIsAcknowledgedBeforeAShutdownIsInTheFiles(End end) throws Exception {
    List<String> arguments =
        end == End.SHUTDOWN_WITH_APPEND_ONLY_FILE
            ? List.of("--appendonly", "yes", "--save", "")
            : List.of("--save", "100000 100000");
    NodeProcess node = nodes.start(Kind.REDOUBT.server(), arguments);
    for (int start = 0; start < STARTS; start++) {
      Map<Integer, Long> acknowledged;
      try (Hammer hammer = new Hammer(node.port())) {
        await().atMost(Distribution.LIMIT).until(() -> hammer.served().size() > LEAST_WRITES);
        if (end == End.SIGTERM) {
          node.signal("TERM");
        } else {
          try (RespClient client = node.connect()) {
            client.send("SHUTDOWN");
            assertThat(client.isAtEnd()).isTrue();
          }
        }
        assertThat(Nodes.awaitStatus(node)).isZero();
        acknowledged = hammer.acknowledged();
      }
      node = nodes.restart(node);
      for (Map.Entry<Integer, Long> last : acknowledged.entrySet()) {
        assertThat(Long.parseLong(node.ask("GET", Hammer.counter(last.getKey())).text()))
            .isGreaterThanOrEqualTo(last.getValue());
      }
    }
  }

  @Test
  void aReloadThatFailsEndsTheProcess() throws Exception {
    Path filled = filledFolder();
    for (int start = 0; start < STARTS; start++) {
      for (String reload : List.of("RELOAD NOSAVE", "LOADAOF")) {
        Path folder = copy(filled, nodes.folder(reload + start));
        NodeProcess node =
            begin(
                folder,
                List.of("--enable-debug-command", "yes", "--save", "", "--appendonly", "no"));
        node.awaitPong(Distribution.LIMIT);
        if (reload.equals("LOADAOF")) {
          damage(folder, Damage.APPEND_ONLY_FILE);
        } else {
          damage(folder, Damage.CUT_SNAPSHOT);
        }
        try (Hammer hammer = new Hammer(port);
            RespClient client = node.connect()) {
          await().atMost(Distribution.LIMIT).until(() -> hammer.served().size() > LEAST_WRITES);
          client.send("MULTI");
          assertThat(client.receive().text()).isEqualTo("OK");
          client.send(("DEBUG " + reload).split(" "));
          assertThat(client.receive().text()).isEqualTo("QUEUED");
          client.send("FLUSHALL");
          assertThat(client.receive().text()).isEqualTo("QUEUED");
          client.send("EXEC");
          assertThat(client.isAtEnd()).as("the end of the connection").isTrue();
          assertThat(Nodes.awaitStatus(node)).isEqualTo(1);
          assertThat(hammer.missing()).isEmpty();
        }
      }
    }
  }
}
