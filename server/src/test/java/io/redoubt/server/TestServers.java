package io.redoubt.server;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.IoThreadCount;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.assembly.Machine;
import io.redoubt.server.memory.Shortage;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;

/** Servers in the tests' own process. */
public final class TestServers {
  private TestServers() {}

  /** Starts a server on a free port of the loopback interface, with more lines of configuration. */
  public static RedisServer start(String... lines) throws Exception {
    Clock clock = Clock.system();
    return start(Log.silent(clock), lines);
  }

  /** Like {@link #start(String...)}, with a log. */
  public static RedisServer start(Log log, String... lines) throws Exception {
    return start(log, new OsDisk(), lines);
  }

  /** Like {@link #start(String...)}, on another disk. */
  static RedisServer start(Disk disk, String... lines) throws Exception {
    return start(Log.silent(Clock.system()), disk, lines);
  }

  private static RedisServer start(Log log, Disk disk, String... lines) throws Exception {
    RedisServer server = make(log, disk, lines);
    server.start().get();
    return server;
  }

  /** Starts a server whose background threads come from a given factory. */
  static RedisServer start(Log log, Threads threads, String... lines) throws Exception {
    RedisServer server = make(log, threads, new OsDisk(), lines);
    server.start().get();
    return server;
  }

  /** Creates a server without starting it, in a new folder unless the lines set one. */
  static RedisServer make(Log log, Disk disk, String... lines) throws Exception {
    return make(log, Threads.ofSystem(), disk, lines);
  }

  /** Like {@link #make(Log, Disk, String...)}, with a given allocator. */
  public static RedisServer make(
      Log log, Function<Consumer<Shortage>, Slabs> memory, String... lines) throws Exception {
    return make(log, memory, new OsDisk(), lines);
  }

  /** Like {@link #make(Log, Disk, String...)}, with a given allocator. */
  public static RedisServer make(
      Log log, Function<Consumer<Shortage>, Slabs> memory, Disk disk, String... lines)
      throws Exception {
    return make(
        log,
        new Machine(
            SystemSockets::choose,
            NameLookup.ofSystem(),
            Threads.ofSystem(),
            disk,
            memory,
            HeapGate.OF_PROCESS),
        lines);
  }

  private static RedisServer make(Log log, Threads threads, Disk disk, String... lines)
      throws Exception {
    return make(
        log,
        new Machine(
            SystemSockets::choose,
            NameLookup.ofSystem(),
            threads,
            disk,
            Slabs::create,
            HeapGate.OF_PROCESS),
        lines);
  }

  /** Like {@link #start(Log, String...)}, at the port that the lines name. */
  public static RedisServer startAtItsPort(Log log, String... lines) throws Exception {
    return startAtItsPort(log, NameLookup.ofSystem(), lines);
  }

  /** Like {@link #startAtItsPort(Log, String...)}, with another resolver of host names. */
  public static RedisServer startAtItsPort(Log log, NameLookup names, String... lines)
      throws Exception {
    RedisServer server = makeAtItsPort(log, names, lines);
    server.start().get();
    return server;
  }

  /** Creates a server without starting it, at the port that the lines name. */
  static RedisServer makeAtItsPort(Log log, NameLookup names, String... lines) throws Exception {
    Machine machine =
        new Machine(
            SystemSockets::choose,
            names,
            Threads.ofSystem(),
            new OsDisk(),
            Slabs::create,
            HeapGate.OF_PROCESS);
    return make(log, machine, false, lines);
  }

  private static RedisServer make(Log log, Machine machine, String... lines) throws Exception {
    return make(log, machine, true, lines);
  }

  private static RedisServer make(Log log, Machine machine, boolean freePort, String... lines)
      throws Exception {
    ServerDirectives settings = new ServerDirectives();
    String options =
        "dir %s\nbind 127.0.0.1\nsave \"\"\nenable-debug-command yes\nrepl-diskless-sync-delay 0\n"
                .formatted(newFolder())
            + IoThreadCount.directives()
            + String.join("\n", lines)
            + "\n";
    settings.load(null, new byte[0], options);
    Clock clock = Clock.system();
    return new RedisServer(
        settings, new Environment(clock, log, Seed.ofProcess()), freePort, machine);
  }

  /** Waits for a number of turns of a server's loop, for tests that expect no reply meanwhile. */
  public static void awaitTurns(RedisServer server, int turns) throws InterruptedException {
    for (int i = 0; i < turns; i++) {
      CountDownLatch turn = new CountDownLatch(1);
      server.loop().schedule(turn::countDown, 1); // a scheduled task runs in a later turn
      turn.await();
    }
  }

  private static Path newFolder() throws IOException {
    Path folders = Files.createDirectories(Path.of("target", "servers").toAbsolutePath());
    return Files.createTempDirectory(folders, "server-");
  }
}
