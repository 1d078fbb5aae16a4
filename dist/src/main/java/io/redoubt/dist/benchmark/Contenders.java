package io.redoubt.dist.benchmark;

import io.redoubt.dist.process.Topology;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whom to compare: the options that all benchmarks have, and the servers that run by them. */
final class Contenders {
  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description = "The unpacked distribution to measure.")
  private Path home = Path.of("");

  @Option(
      names = "--server",
      paramLabel = "FILE",
      description = "Another redis-server to measure in the place of that of the distribution.")
  private @Nullable Path server;

  @Option(
      names = "--redis",
      paramLabel = "FILE",
      description = "The redis-server to compare with (default: ${DEFAULT-VALUE}).")
  private Path redis = Path.of("/usr/bin/redis-server");

  @Option(names = "--quick", description = "A tenth of the load: to try it out, not to cite.")
  private boolean quick;

  private final List<Topology> groups = new ArrayList<>();
  private final List<MeasuredServer> started = new ArrayList<>();
  private @Nullable Path folder;
  private boolean ending;

  /** A load of this size, or what {@code --quick} makes of it. */
  int scaled(int size) {
    return quick ? Math.max(1, size / 10) : size;
  }

  /** Starts Redis or Redoubt, with more of a configuration. */
  MeasuredServer start(boolean redis, String... more) throws IOException, InterruptedException {
    return redis
        ? start("redis", redisLauncher(), more)
        : start("redoubt", redoubtLauncher(), more);
  }

  /** The launcher of Redis. */
  Path redisLauncher() {
    return redis;
  }

  /** The launcher of Redoubt. */
  Path redoubtLauncher() {
    return server == null ? home.resolve("bin/redis-server") : server;
  }

  /** The launcher of Redoubt's sentinel. */
  Path redoubtSentinel() {
    return home.resolve("bin/redis-sentinel");
  }

  private MeasuredServer start(String name, Path launcher, String... more)
      throws IOException, InterruptedException {
    MeasuredServer server;
    synchronized (this) {
      if (ending) {
        throw new IOException("interrupted");
      }
      server = MeasuredServer.start(name, launcher, FreePorts.one(), folder(), more);
      started.add(server);
    }
    server.awaitReady();
    return server;
  }

  /** Has a group stopped at the end, however it comes. */
  synchronized void stopAtEnd(Topology group) {
    groups.add(group);
  }

  /** A folder that is gone at the end. */
  Path folder() throws IOException {
    Path place = folder;
    if (place == null) {
      place = Files.createTempDirectory("redoubt-benchmark-");
      folder = place;
      // An ordinary end and Ctrl-C alike leave no process and no file.
      Runtime.getRuntime().addShutdownHook(new Thread(this::clean, "clean"));
    }
    return place;
  }

  private synchronized void clean() {
    ending = true;
    groups.forEach(Topology::close);
    started.forEach(MeasuredServer::close);
    Path place = folder;
    if (place == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
