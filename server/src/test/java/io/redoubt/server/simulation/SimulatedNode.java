package io.redoubt.server.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.assembly.Machine;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.ServerDirectives;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A host with its disk and a server that can be killed and restarted. */
final class SimulatedNode {
  static final int PORT = 6379;

  /** The host of the simulation's own clients; no fault affects its links. */
  static final String CLIENT_HOST = "10.0.1.1";

  private static final Path DIRECTORY = Path.of(System.getProperty("java.io.tmpdir"));
  private static final int TIMEOUT_MILLIS = 20_000;

  private static final int LOOKS = 250;
  private static final int LOOK_MILLIS = 20;

  private final Simulation simulation;
  private final SimulatedNetwork network;
  private final SimulatedClock clock;
  private final FaultDisk disk;
  final String host;
  final List<String> configuration;

  private @Nullable RedisServer server;
  private @Nullable SimulatedSockets sockets;
  private @Nullable RespClient client;

  /** Incremented whenever the node may have lost data. */
  private int life;

  SimulatedNode(SimulatedNetwork network, String host, List<String> configuration) {
    this.simulation = network.simulation();
    this.network = network;
    this.host = host;
    this.configuration = configuration;
    this.clock = new SimulatedClock(simulation);
    this.disk = new FaultDisk(new Random(simulation.random().nextLong()), DIRECTORY);
  }

  /** The simulation's time. */
  private record SimulatedClock(Simulation simulation) implements Clock {
    private static final long START_MILLIS = 1_800_000_000_000L;

    @Override
    public long wallMillis() {
      return START_MILLIS + simulation.nowNanos() / 1_000_000;
    }

    @Override
    public long wallMicros() {
      return START_MILLIS * 1000 + simulation.nowNanos() / 1000;
    }

    @Override
    public long monotonicNanos() {
      return simulation.lookNanos();
    }
  }

  int life() {
    return life;
  }

  void mayLose() {
    life++;
  }

  boolean isUp() {
    return server != null;
  }

  /** Copies the lines of the server's log to the simulation's trace. */
  private final class TraceStream extends OutputStream {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      if (b == '\n') {
        String text = line.toString(UTF_8).replaceFirst("^\\d+:(.) .{24}", "$1");
        simulation.note(host + " " + text);
        line.reset();
      } else {
        line.write(b);
      }
    }
  }

  /** Starts the server and waits until it has loaded its data. */
  void start(String... lines) throws Exception {
    SimulatedSockets own = new SimulatedSockets(network, host);
    network.up(host);
    disk.resume();
    ServerDirectives settings = new ServerDirectives();
    String options =
        "dir %s\nbind %s\nport %d\nsave \"\"\nprotected-mode no\nenable-debug-command yes\n"
                .formatted(DIRECTORY, host, PORT)
            + "rejoin-timeout 0\nshutdown-timeout 2\nrepl-diskless-sync-delay 0\n"
            + String.join("\n", configuration)
            + "\n"
            + String.join("\n", lines)
            + "\n";
    settings.load(null, new byte[0], options);
    RedisServer starting =
        new RedisServer(
            settings,
            new Environment(
                clock,
                new Log(clock, ZoneOffset.UTC, 1, new TraceStream()),
                new Random(simulation.random().nextLong())),
            false,
            new Machine(own, simulation, disk, Slabs::create));
    sockets = own;
    server = starting;
    starting.start().get();
  }

  /**
   * Kills the server.
   *
   * @param power true if the power fails with it: peers are not told, and writes that were not
   *     synced to the disk are lost
   */
  void kill(boolean power) {
    SimulatedSockets own = sockets;
    RedisServer dying = server;
    if (own == null || dying == null) {
      return;
    }
    life++;
    disk.stop();
    own.die();
    network.down(host, power);
    server = null;
    sockets = null;
    closeClient();
    dying.close();
    if (power) {
      disk.restart();
      disk.stop();
    }
  }

  /** Sends SHUTDOWN SAVE and returns true if the server ended in time. */
  boolean shutDown() throws Exception {
    RedisServer ending = server;
    if (ending == null) {
      return false;
    }
    try (RespClient last = connect(CLIENT_HOST, TIMEOUT_MILLIS)) {
      last.send("SHUTDOWN", "SAVE");
      for (int i = 0; i < LOOKS && !ending.ended().isDone(); i++) {
        simulation.sleep(LOOK_MILLIS);
      }
    }
    if (!ending.ended().isDone()) {
      return false;
    }
    life++;
    close();
    return true;
  }

  /** Closes the server as an embedding program does. */
  void close() {
    RedisServer ending = server;
    server = null;
    closeClient();
    if (ending != null) {
      ending.close();
    }
  }

  private void closeClient() {
    RespClient old = client;
    client = null;
    if (old != null) {
      try {
        old.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  RespClient connect(String from, int timeoutMillis) throws IOException {
    return RespClient.connect(host, PORT, timeoutMillis, SimulatedSocket.factory(network, from));
  }

  /** Sends a command from the simulation's own client. */
  Reply call(String... words) throws IOException {
    if (server == null) {
      throw new IOException(host + " is down");
    }
    RespClient current = client;
    if (current == null) {
      current = connect(CLIENT_HOST, TIMEOUT_MILLIS);
      client = current;
    }
    try {
      return current.call(words);
    } catch (IOException e) {
      if (client == current) {
        closeClient();
      }
      throw e;
    }
  }

  /** Sends a command, its words separated by spaces; null replies are "(nil)". */
  String ask(String line) throws IOException {
    Reply reply = call(line.split(" "));
    return reply instanceof Reply.Null ? "(nil)" : reply.text();
  }

  /** Returns the fields of INFO replication. */
  Map<String, String> replication() throws IOException {
    return fields(ask("INFO replication"));
  }

  static Map<String, String> fields(String info) {
    Map<String, String> fields = new TreeMap<>();
    for (String line : info.split("\r\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        fields.put(line.substring(0, colon), line.substring(colon + 1));
      }
    }
    return fields;
  }

  @Override
  public String toString() {
    return host;
  }
}
