package io.redoubt.bench;

import io.redoubt.bench.measure.FsyncDelay;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options common to all benchmarks, and the servers that are started by them. */
final class BenchmarkServers {
  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description = "The unpacked distribution to measure.")
  private Path home = Path.of("");

  @Option(
      names = "--server",
      paramLabel = "FILE",
      description = "Another redis-server to measure instead of the distribution's.")
  private @Nullable Path server;

  @Option(
      names = "--redis",
      paramLabel = "FILE",
      description = "The redis-server to compare with (default: ${DEFAULT-VALUE}).")
  private Path redis = Path.of("/usr/bin/redis-server");

  @Option(
      names = "--quick",
      description = "A tenth of the load, for a trial run; the figures mean nothing.")
  private boolean quick;

  private final List<Runnable> groups = new ArrayList<>();
  private final List<MeasuredServer> started = new ArrayList<>();
  private Map<String, String> environment = Map.of();
  private @Nullable Path folder;
  private volatile boolean ending;

  /** Returns true with {@code --quick}. */
  boolean isQuick() {
    return quick;
  }

  /** Returns the given load, or a tenth of it with {@code --quick}. */
  int scaled(int size) {
    return quick ? Math.max(1, size / 10) : size;
  }

  /** Makes each fsync of the servers started from now on take longer by that many microseconds. */
  void delayFsync(int micros) throws IOException, InterruptedException {
    environment = FsyncDelay.environment(folder(), micros);
  }

  /** Starts Redis or Redoubt with additional directives. */
  MeasuredServer start(boolean redis, String... more) throws IOException, InterruptedException {
    return redis
        ? start("redis", redisLauncher(), more)
        : start("redoubt", redoubtLauncher(), more);
  }

  Path redisLauncher() {
    return redis;
  }

  /** Returns the launcher of Redoubt's server. */
  Path redoubtLauncher() {
    return server == null ? home.resolve("bin/redis-server") : server;
  }

  /** Returns the launcher of Redoubt's sentinel. */
  Path redoubtSentinel() {
    return home.resolve("bin/redis-sentinel");
  }

  /** Starts the server of another launcher. */
  MeasuredServer start(String name, Path launcher, String... more)
      throws IOException, InterruptedException {
    MeasuredServer server;
    synchronized (this) {
      if (ending) {
        throw new IOException("interrupted");
      }
      server = MeasuredServer.start(name, launcher, environment, FreePorts.one(), folder(), more);
      started.add(server);
    }
    server.awaitReady();
    return server;
  }

  /** Closes processes when the JVM exits, even on Ctrl-C. */
  synchronized void closeOnExit(Runnable close) {
    groups.add(close);
  }

  /** Returns a temporary folder that is deleted when the JVM exits. */
  Path folder() throws IOException {
    Path place = folder;
    if (place == null) {
      place = Files.createTempDirectory("redoubt-benchmark-");
      folder = place;
      // Runs after an ordinary exit and after Ctrl-C, so that no process or file remains.
      Runtime.getRuntime().addShutdownHook(new Thread(this::clean, "clean"));
    }
    return place;
  }

  /** Returns true if the processes are being closed, so that connections fail. */
  boolean isEnding() {
    return ending;
  }

  /** Closes all processes and deletes the folder. */
  synchronized void clean() {
    ending = true;
    groups.forEach(Runnable::run);
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
