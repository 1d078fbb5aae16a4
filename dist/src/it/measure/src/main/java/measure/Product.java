package measure;

import com.github.fppt.jedismock.RedisServer;
import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.GroupMember;
import io.redoubt.embedded.Redoubt;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** A way to have Redis in a Java test. */
enum Product {
  REDOUBT("redoubt-embedded") {
    @Override
    Running start() {
      EmbeddedServer server = Redoubt.server().start();
      return new Running(server.port(), server::close);
    }

    @Override
    boolean failsOver() {
      try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
        GroupMember old = group.master();
        old.kill();
        return group.awaitNewMaster(old).execute("SET", "a", "1").text().equals("OK");
      }
    }
  },

  JEDIS_MOCK("jedis-mock") {
    @Override
    Running start() throws IOException {
      RedisServer server = RedisServer.newRedisServer().start();
      return new Running(server.getBindPort(), server::stop);
    }
  },

  EMBEDDED_REDIS("embedded-redis") {
    @Override
    Running start() throws IOException {
      redis.embedded.RedisServer server = new redis.embedded.RedisServer(freePort());
      server.start();
      return new Running(server.ports().getFirst(), server::stop);
    }

    @Override
    boolean failsOver() throws Exception {
      int masterPort = freePort();
      int replicaPort = freePort();
      int sentinelPort = freePort();
      redis.embedded.RedisServer master = new redis.embedded.RedisServer(masterPort);
      redis.embedded.RedisServer replica =
          redis.embedded.RedisServer.newRedisServer()
              .port(replicaPort)
              .slaveOf("127.0.0.1", masterPort)
              .build();
      redis.embedded.RedisSentinel sentinel =
          redis.embedded.RedisSentinel.newRedisSentinel()
              .port(sentinelPort)
              .masterName("mymaster")
              .masterPort(masterPort)
              .quorumSize(1)
              .downAfterMilliseconds(800)
              .failOverTimeout(5000)
              .build();
      master.start();
      replica.start();
      sentinel.start();
      try {
        Thread.sleep(INFO_PERIOD_MILLIS); // the sentinel discovers the replica by the master's INFO
        master.stop();
        return becomesWritable(replicaPort);
      } finally {
        sentinel.stop();
        replica.stop();
      }
    }
  },

  /** The program installed on this machine, the reference for replies. */
  REAL("redis-server") {
    @Override
    Running start() throws IOException {
      int port = freePort();
      Path folder = Files.createTempDirectory("redis-"); // otherwise it might load a dump.rdb here
      Process process =
          new ProcessBuilder(
                  "redis-server",
                  "--port",
                  "" + port,
                  "--bind",
                  "127.0.0.1",
                  "--save",
                  "",
                  "--dir",
                  folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new Running(
          port,
          () -> {
            process.destroyForcibly().waitFor();
            try (Stream<Path> files = Files.list(folder)) {
              files.forEach(file -> file.toFile().delete());
            }
            Files.delete(folder);
          });
    }
  };

  private static final int INFO_PERIOD_MILLIS = 12_000;

  private final String title;

  Product(String title) {
    this.title = title;
  }

  static Product of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  String title() {
    return title;
  }

  /** Starts a server; it may take a moment until it answers. */
  abstract Running start() throws Exception;

  /** Returns true if its API starts sentinels, and they replace a killed master. */
  boolean failsOver() throws Exception {
    return false;
  }

  /** Starts a server and waits until it answers. */
  final Running answering() throws Exception {
    Running running = start();
    for (int attempt = 0; ; attempt++) {
      try (Wire wire = new Wire(running.port())) {
        if (wire.call("PING").contains("PONG")) { // jedis-mock replies with a bulk string
          return running;
        }
      } catch (IOException notYet) {
        if (attempt == 2000) {
          throw notYet;
        }
      }
      Thread.sleep(1);
    }
  }

  private static boolean becomesWritable(int port) throws Exception {
    for (int attempt = 0; attempt < 300; attempt++) {
      try (Wire wire = new Wire(port)) {
        if (wire.call("SET", "a", "1").equals("+OK")) {
          return true;
        }
      }
      Thread.sleep(100);
    }
    return false;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** A running server. */
  record Running(int port, Stop stop) implements AutoCloseable {
    @Override
    public void close() throws Exception {
      stop.run();
    }
  }

  /** Ends a server. */
  interface Stop {
    void run() throws Exception;
  }
}
