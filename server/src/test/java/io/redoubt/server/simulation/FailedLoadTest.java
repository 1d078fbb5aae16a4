package io.redoubt.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.io.WholeFile;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** A simulated server that starts with a damaged file while clients connect and send requests. */
class FailedLoadTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 40);
  private static final int KEYS = 200;
  private static final int CLIENTS = 3;
  private static final int WATCHED_MILLIS = 200;
  private static final int DAMAGED_BYTES = 8;

  private int failed;
  private int attempts;

  @Test
  void executesNothingAfterALoadThatFails() {
    long first = Long.getLong("redoubt.firstSeed", 1);
    for (long seed = first; seed < first + SEEDS; seed++) {
      List<String> unused = Simulation.run(seed, this::scenario);
    }
    assertThat(failed).isGreaterThan(SEEDS / 4);
    assertThat(attempts).isGreaterThan(failed);
  }

  private void scenario(Simulation simulation) throws Exception {
    Random random = simulation.random();
    boolean appends = random.nextBoolean();
    List<String> lines =
        List.of(
            "appendonly " + (appends ? "yes" : "no"),
            "aof-use-rdb-preamble " + (random.nextBoolean() ? "yes" : "no"));
    SimulatedNode node = new SimulatedNode(new SimulatedNetwork(simulation), "10.0.0.1", lines);
    try {
      node.start();
      for (int i = 0; i < KEYS; i++) {
        node.ask("SET key:" + i + " " + "v".repeat(random.nextInt(2000)));
        if (appends && i == KEYS / 2 && random.nextBoolean()) {
          node.ask("BGREWRITEAOF");
        }
      }
      node.ask(appends ? "PING" : "SAVE");
      simulation.sleep(2000);
      node.kill(false);
      damage(node, random);
      startWithClients(simulation, node);
    } finally {
      node.close();
    }
  }

  /** Overwrites some bytes of a data file, or removes it. */
  private static void damage(SimulatedNode node, Random random) throws IOException {
    FaultDisk disk = node.machine().faultDisk();
    disk.resume();
    List<Path> files = new ArrayList<>();
    for (String folder : List.of("", "appendonlydir")) {
      disk.list(SimulatedMachine.DIRECTORY.resolve(folder)).stream()
          .filter(file -> file.toString().matches(".*(rdb|aof)"))
          .forEach(files::add);
    }
    Path file = files.get(random.nextInt(files.size()));
    byte[] bytes = disk.bytes(file);
    if (bytes.length < 2 * DAMAGED_BYTES || random.nextInt(4) == 0) {
      boolean unused = disk.delete(file);
      return;
    }
    int at = random.nextInt(bytes.length - DAMAGED_BYTES);
    for (int i = 0; i < DAMAGED_BYTES; i++) {
      bytes[at + i] ^= (byte) (1 + random.nextInt(255));
    }
    WholeFile.replace(disk, file, bytes);
  }

  private void startWithClients(Simulation simulation, SimulatedNode node) throws Exception {
    List<String> served = new ArrayList<>();
    boolean[] over = {false};
    int[] running = {CLIENTS};
    for (int i = 0; i < CLIENTS; i++) {
      String host = "10.0.2." + i;
      Thread unused =
          simulation.start(
              "client " + i,
              () -> {
                while (!over[0]) {
                  hammer(node, host, served);
                  simulation.sleep(1);
                }
                running[0]--;
              });
    }
    boolean loaded = false;
    try {
      node.start();
      loaded = true;
    } catch (ExecutionException | IOException e) {
      simulation.note("the start failed: " + e.getMessage());
      failed++;
    }
    simulation.sleep(WATCHED_MILLIS);
    over[0] = true;
    List<String> seen = List.copyOf(served);
    while (running[0] > 0) {
      simulation.sleep(1);
    }
    if (!loaded) {
      assertThat(seen).as("requests that were executed").isEmpty();
    }
  }

  private void hammer(SimulatedNode node, String host, List<String> served) {
    attempts++;
    try (RespClient client = node.connect(host, WATCHED_MILLIS)) {
      while (true) {
        note("SET", client.call("SET", "new", "1"), served);
        note("GET", client.call("GET", "key:0"), served);
        note("DBSIZE", client.call("DBSIZE"), served);
        Reply info = client.call("INFO", "persistence");
        if (!info.text().contains("loading:1")) {
          served.add("INFO without loading:1");
          return;
        }
      }
    } catch (IOException e) {
      return; // the next attempt follows
    }
  }

  private static void note(String command, Reply reply, List<String> served) {
    if (!reply.isError()) {
      served.add(command);
    }
  }
}
