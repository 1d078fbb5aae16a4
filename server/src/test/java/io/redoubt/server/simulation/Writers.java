package io.redoubt.server.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.replication.RandomCommands;
import java.io.IOException;
import java.util.Random;

/** Clients that write to the master; one of them waits for replicas by WAIT. */
final class Writers {
  private static final int STRINGS = 20;
  private static final int MEMBERS = 30;
  private static final int TIMEOUT_MILLIS = 3_000;
  private static final int LONGEST_PAUSE_MILLIS = 30;
  private static final int REST_MILLIS = 20;

  private final Fleet fleet;
  private final Simulation simulation;
  private final FleetInvariants invariants;
  private final Random random;
  private final RandomCommands commands;
  private boolean stopping;
  private int running;
  private long keys;
  private long written;

  Writers(Fleet fleet, FleetInvariants invariants) {
    this.fleet = fleet;
    this.simulation = fleet.simulation();
    this.invariants = invariants;
    this.random = simulation.random();
    this.commands = new RandomCommands(random, STRINGS, MEMBERS);
  }

  /** Returns the number of answered commands. */
  long written() {
    return written;
  }

  /** Fills the databases. */
  void fill() throws IOException {
    for (byte[][] command : commands.fill()) {
      call(fleet.master(), command);
    }
    invariants.markWhole(fleet.master());
  }

  private static void call(SimulatedNode node, byte[][] command) throws IOException {
    String[] words = new String[command.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = new String(command[i], UTF_8);
    }
    node.call(words);
  }

  /** Starts the clients. */
  void start() {
    for (int i = 0; i < 2; i++) {
      start("writer " + i, "10.0.2." + i, this::write);
    }
    start("waiter", "10.0.3.1", this::writeAndWait);
  }

  /** Stops the clients and waits for their end. */
  void stop() {
    stopping = true;
    while (running > 0) {
      simulation.sleep(REST_MILLIS);
    }
  }

  /** One round of a client's work over its connection. */
  private interface Work {
    void with(RespClient client) throws IOException;
  }

  private void start(String name, String host, Work work) {
    running++;
    simulation.start(
        name,
        () -> {
          try {
            while (!stopping) {
              serve(host, work);
              simulation.sleep(REST_MILLIS);
            }
          } catch (Throwable t) {
            simulation.fail(t);
          }
          running--;
        });
  }

  /** Works with the master until it can't be reached or another server is the master. */
  private void serve(String host, Work work) {
    SimulatedNode master = fleet.master();
    if (!master.isUp()) {
      return;
    }
    try (RespClient client = master.connect(host, TIMEOUT_MILLIS)) {
      while (!stopping && fleet.master() == master) {
        work.with(client);
        simulation.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
      }
    } catch (IOException e) {
      simulation.note(host + ": " + e.getMessage());
    }
  }

  private void write(RespClient client) throws IOException {
    if (random.nextInt(10) == 0) {
      client.call("SELECT", "" + random.nextInt(3));
    }
    boolean transaction = random.nextInt(8) == 0;
    if (transaction) {
      client.call("MULTI");
    }
    for (int n = transaction ? 3 : 1; n > 0; n--) {
      client.call(commands.next());
      written++;
    }
    if (transaction) {
      client.call("EXEC");
    }
  }

  private void writeAndWait(RespClient client) throws IOException {
    FleetInvariants.Before before = invariants.before();
    String key = "w" + keys++;
    client.call("SELECT", DirectClients.DATABASE);
    if (client.call("SET", key, "1") instanceof Reply.Error) {
      return;
    }
    int wanted = 1 + random.nextInt(2);
    if (client.call("WAIT", "" + wanted, "300") instanceof Reply.Integer count
        && count.value() > 0) {
      simulation.note("WAIT " + wanted + " for " + key + ": " + count.value());
      invariants.onAcknowledged(key, count.value(), before);
    }
  }
}
