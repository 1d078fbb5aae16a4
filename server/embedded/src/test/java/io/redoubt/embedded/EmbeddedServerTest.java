package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.Region;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class EmbeddedServerTest {
  private static final int WARM_UP = 20;
  private static final int STARTS = Integer.getInteger("redoubt.starts", 150);

  @TempDir private Path folder;

  @Test
  void servesClientsOnAFreePort() throws Exception {
    try (EmbeddedServer server = Redoubt.server().start();
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      assertThat(client.call("SET", "a", "1").text()).isEqualTo("OK");
      assertThat(server.execute("INCR", "a").number()).isEqualTo(2);
      assertThat(server.uri()).hasToString("redis://127.0.0.1:" + server.port());
      assertThat(server.address().getPort()).isPositive();
      assertThat(server.info("server")).contains("redis_version:").doesNotContain("used_memory");
    }
  }

  /** A free port may be so high that there is none 10000 above it. */
  @Test
  void choosesTheBusPortOfAClusterNode() {
    try (EmbeddedServer server = Redoubt.server().with("cluster-enabled", "yes").start()) {
      assertThat(server.execute("CLUSTER", "NODES").text())
          .contains(":" + server.port() + "@")
          .doesNotContain("@" + (server.port() + 10_000));
    }
  }

  @Test
  void takesDirectivesByTheirNames() {
    try (EmbeddedServer server =
        Redoubt.server()
            .with("maxmemory", "10mb")
            .with("save", "900", "1")
            .with("requirepass", "a b\"+")
            .start()) {
      assertThat(valueOf(server, "maxmemory")).isEqualTo("10485760");
      assertThat(valueOf(server, "save")).isEqualTo("900 1");
      assertThat(valueOf(server, "requirepass")).isEqualTo("a b\"+");
      assertThat(server.uri().toString()).startsWith("redis://:a%20b%22%2B@127.0.0.1:");
    }
  }

  @Test
  void refusesWhatRedisRefuses() {
    assertThatThrownBy(() -> Redoubt.server().with("maxmemori", "1").start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxmemori");
    assertThatThrownBy(() -> Redoubt.server().with("port 1\nsave", "1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Redoubt.server().file(folder.resolve("none.conf")).start())
        .isInstanceOf(UncheckedIOException.class);
  }

  /** The class path of this module has none. */
  @Test
  void refusesAPushOfMetricsWithoutItsLibraries() {
    assertThatThrownBy(
            () -> Redoubt.server().with("metrics-otlp-url", "http://127.0.0.1:4318").start())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("metrics-otlp-url needs io.micrometer:micrometer-registry-otlp");
  }

  @Test
  void readsAConfigurationThatDirectivesOverride() throws IOException {
    Path conf = Files.writeString(folder.resolve("a.conf"), "maxmemory 1mb\ndatabases 3\n");
    Path yaml = Files.writeString(folder.resolve("a.yaml"), "maxmemory: 1mb\ndatabases: 3\n");
    for (Path file : List.of(conf, yaml)) {
      try (EmbeddedServer server = Redoubt.server().file(file).with("maxmemory", "2mb").start()) {
        assertThat(valueOf(server, "maxmemory")).isEqualTo("2097152");
        assertThat(valueOf(server, "databases")).isEqualTo("3");
      }
    }
  }

  @Test
  void keepsDataInTheFolderThatItIsGiven() {
    for (ServerBuilder builder :
        List.of(Redoubt.server().dir(folder), Redoubt.server().with("dir", folder.toString()))) {
      try (EmbeddedServer server = builder.start()) {
        server.execute("SET", "a", "1");
        assertThat(server.execute("SAVE").text()).isEqualTo("OK");
      }
      try (EmbeddedServer server = builder.start()) {
        assertThat(server.execute("GETDEL", "a").text()).isEqualTo("1");
        server.execute("SAVE");
      }
    }
    assertThat(folder.resolve("dump.rdb")).exists();
  }

  @Test
  void leavesNoFileOfItsOwn() {
    Path own;
    try (EmbeddedServer server = Redoubt.server().start()) {
      server.execute("SET", "a", "1");
      assertThat(server.execute("SAVE").text()).isEqualTo("OK");
      own = Path.of(valueOf(server, "dir"));
      assertThat(own.resolve("dump.rdb")).exists();
    }
    assertThat(own).doesNotExist();
  }

  @Test
  void reportsAPortInUseAndLeavesNothing() throws IOException {
    try (EmbeddedServer server = Redoubt.server().start()) {
      long before = temporaryFolders();
      assertThatThrownBy(() -> Redoubt.server().port(server.port()).start())
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining(Integer.toString(server.port()));
      assertThat(temporaryFolders()).isEqualTo(before);
    }
  }

  @Test
  void doesNotServeOnceClosed() throws Exception {
    EmbeddedServer server = Redoubt.server().start();
    int port = server.port();
    server.close();
    server.close();
    assertThatThrownBy(() -> server.execute("PING")).isInstanceOf(IllegalStateException.class);
    try (EmbeddedServer next = Redoubt.server().port(port).start()) {
      assertThat(next.port()).isEqualTo(port);
    }
  }

  @Test
  void closesWhileACommandBlocks() throws Exception {
    EmbeddedServer server = Redoubt.server().start();
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<Reply> blocked = threads.submit(() -> server.execute("BLPOP", "list", "0"));
      try (RespClient watcher = RespClient.connect("127.0.0.1", server.port())) {
        while (!watcher.call("INFO", "clients").text().contains("blocked_clients:1")) {
          Thread.onSpinWait();
        }
      }
      server.close();
      assertThatThrownBy(blocked::get).hasCauseInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void executesCommandsOfManyThreads() throws Exception {
    try (EmbeddedServer server = Redoubt.server().start();
        ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        all.add(
            threads.submit(() -> {
              for (int n = 0; n < 500; n++) {
                server.execute("INCR", "n");
              }
            }));
      }
      for (Future<?> each : all) {
        each.get();
      }
      assertThat(server.execute("GET", "n").number()).isEqualTo(4000);
    }
  }

  @Test
  void endsOnShutdownWithoutEndingTheProcess() throws Exception {
    try (EmbeddedServer server = Redoubt.server().start();
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      server.execute("PING");
      client.send("SHUTDOWN", "NOSAVE");
      assertThatThrownBy(
              () -> {
                while (true) {
                  server.execute("PING");
                }
              })
          .isInstanceOfAny(IllegalStateException.class, UncheckedIOException.class);
    }
  }

  @Test
  void severalServersShareNoData() {
    List<EmbeddedServer> servers = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        servers.add(Redoubt.server().start());
      }
      servers.getFirst().execute("SET", "a", "1");
      servers.forEach(server ->
          assertThat(server.execute("DBSIZE").number())
              .isEqualTo(server == servers.getFirst() ? 1 : 0));
    } finally {
      servers.forEach(EmbeddedServer::close);
    }
  }

  /** Compares after a warm-up, during which the JVM starts its own threads. */
  @Test
  void leavesNoThreadDescriptorMemoryOrFolder() throws IOException {
    startAndClose(WARM_UP);
    int threads = serverThreads();
    long files = descriptors();
    long memory = Region.heldBytes();
    long folders = temporaryFolders();
    startAndClose(STARTS);
    assertThat(serverThreads()).isEqualTo(threads);
    assertThat(descriptors()).isLessThan(files + WARM_UP); // the JVM opens some, too
    assertThat(Region.heldBytes()).isEqualTo(memory);
    assertThat(temporaryFolders()).isEqualTo(folders);
  }

  @Test
  void freesTheScratchMemoryOfStreams() {
    long memory = Region.heldBytes();
    try (EmbeddedServer server = Redoubt.server().start()) {
      server.execute("XADD", "stream", "IDMPAUTO", "producer", "*", "a", "1");
      server.execute("XGROUP", "CREATE", "stream", "group", "0");
      server.execute("XREADGROUP", "GROUP", "group", "a", "STREAMS", "stream", ">");
      assertThat(server.execute("XAUTOCLAIM", "stream", "group", "b", "0", "0").elements())
          .hasSize(3);
    }
    assertThat(Region.heldBytes()).isEqualTo(memory);
  }

  private static void startAndClose(int times) {
    for (int i = 0; i < times; i++) {
      try (EmbeddedServer server = Redoubt.server().start()) {
        server.execute("SET", "a", "1");
      }
    }
  }

  private static int serverThreads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("redis-server"))
            .count();
  }

  private static long descriptors() throws IOException {
    Path open = Path.of("/proc/self/fd");
    if (!Files.exists(open)) {
      return 0;
    }
    try (Stream<Path> all = Files.list(open)) {
      return all.count();
    }
  }

  private static long temporaryFolders() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (Stream<Path> all = Files.list(temporary)) {
      return all.filter(
              path -> path.getFileName().toString().startsWith(DataFolder.temporaryPrefix()))
          .count();
    }
  }

  private static String valueOf(EmbeddedServer server, String directive) {
    return server.execute("CONFIG", "GET", directive).elements().get(1).text();
  }
}
