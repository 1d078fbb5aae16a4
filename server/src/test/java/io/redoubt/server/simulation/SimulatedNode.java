package io.redoubt.server.simulation;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.assembly.Machine;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A host with its disk and a server that can be killed and restarted. */
public final class SimulatedNode {
  /** The port of each server. */
  public static final int PORT = 6379;

  /** The host of the simulation's own clients; no fault affects its links. */
  static final String CLIENT_HOST = "10.0.1.1";

  private static final int TIMEOUT_MILLIS = 20_000;

  private static final int LOOKS = 250;
  private static final int LOOK_MILLIS = 20;

  private final Simulation simulation;
  private final SimulatedNetwork network;
  private final SimulatedMachine machine;
  final String host;
  final List<String> configuration;

  private @Nullable RedisServer server;
  private @Nullable RespClient client;

  /** The number of times that the node may have lost data. */
  private int life;

  /** Creates a host without starting its server; its configuration may be changed later. */
  public SimulatedNode(SimulatedNetwork network, String host, List<String> configuration) {
    this.simulation = network.simulation();
    this.network = network;
    this.host = host;
    this.configuration = configuration;
    this.machine = new SimulatedMachine(network, host);
  }

  /** Returns the host. */
  public SimulatedMachine machine() {
    return machine;
  }

  int life() {
    return life;
  }

  void mayLose() {
    life++;
  }

  /** Returns true unless the server was killed or shut down. */
  public boolean isUp() {
    return server != null;
  }

  /** Starts the server and waits until it has loaded its data. */
  public void start(String... lines) throws Exception {
    machine.boot();
    ServerDirectives settings = new ServerDirectives();
    String options =
        "dir %s\nbind %s\nport %d\nsave \"\"\nprotected-mode no\nenable-debug-command yes\n"
                .formatted(SimulatedMachine.DIRECTORY, host, PORT)
            + "io-threads %d\nio-threads-always-active yes\n".formatted(simulation.loops())
            + "rejoin-timeout 0\nshutdown-timeout 2\nrepl-diskless-sync-delay 0\n"
            + String.join("\n", configuration)
            + "\n"
            + String.join("\n", lines)
            + "\n";
    settings.load(null, new byte[0], options);
    RedisServer starting =
        new RedisServer(
            settings,
            machine.environment(),
            false,
            new Machine(
                machine::sockets,
                name -> {
                  throw new UnknownHostException(name);
                },
                machine,
                machine.disk(),
                Slabs::create,
                SimulatedMachine.HEAP));
    server = starting;
    starting.start().get();
  }

  /**
   * Kills the server.
   *
   * @param power true for a power failure: peers are not notified, and unsynced writes are lost
   */
  public void kill(boolean power) {
    RedisServer dying = server;
    if (dying == null) {
      return;
    }
    life++;
    machine.kill(power);
    server = null;
    closeClient();
    dying.close();
    if (power) {
      machine.losePower();
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
  public void close() {
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

  /** Connects from a host. */
  public RespClient connect(String from, int timeoutMillis) throws IOException {
    return RespClient.connect(host, PORT, timeoutMillis, SimulatedSocket.factory(network, from));
  }

  /** Sends a command from the simulation's own client. */
  public Reply call(String... words) throws IOException {
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
  public String ask(String line) throws IOException {
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
