package io.redoubt.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole servers, and all that may happen to them in an order made from a seed: writes of every
 * kind, links that are slow and cut, replicas that restart with and without their data, promotions
 * of whatever replica, replicas of replicas. What {@link ReplicationSimulationTest} does with the
 * parts that decide, this does with everything around them, in real time. A write that WAIT has
 * seen on n replicas is on n; when all is well again all are the same.
 */
class WholeServersTest {
  private static final int SERVERS = 3;
  private static final int STEPS = 60;
  private static final int SHOWN_LINES = 40;
  private static final String[] CONFIGURATION = {
    "repl-backlog-size 64kb",
    "rdb-key-save-delay 200",
    "replica-refuse-empty-master no",
    "enable-debug-command yes",
    "rdbcompression no"
  };
  private static final String[] LOADS = {"disabled", "on-empty-db", "swapdb"};

  @TempDir private Path directory;

  private final Random random = Seed.random("WholeServersTest");
  private final List<Node> nodes = new ArrayList<>();
  private final List<FlakyLink> links = new ArrayList<>();

  /** Whom each follows; a master follows itself. */
  private final int[] masterOf = new int[SERVERS];

  private int master;
  private long writes;
  private long waited;

  @Test
  void allAgreeWhateverHappened() throws Exception {
    try {
      for (int i = 0; i < SERVERS; i++) {
        Files.createDirectory(directory.resolve("" + i));
        nodes.add(start(i));
        links.add(new FlakyLink(nodes.get(i).port()));
      }
      new Traffic(nodes.get(master), random, 50).fill();
      for (int i = 1; i < SERVERS; i++) {
        follow(i, random.nextInt(i));
      }
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      heal();
      assertThat(waited).isPositive();
    } catch (Exception | AssertionError e) {
      for (Node node : nodes) {
        List<String> log = node.log();
        System.out.println("log of " + node.port());
        log.subList(Math.max(0, log.size() - SHOWN_LINES), log.size()).forEach(System.out::println);
      }
      throw e;
    } finally {
      for (FlakyLink link : links) {
        link.close();
      }
      for (Node node : nodes) {
        node.close();
      }
    }
  }

  private Node start(int index, String... lines) throws Exception {
    List<String> all = new ArrayList<>(List.of(CONFIGURATION));
    all.add("repl-diskless-load " + LOADS[index % LOADS.length]);
    all.addAll(List.of(lines));
    return Node.ours(directory.resolve("" + index), all.toArray(String[]::new));
  }

  /** Has one follow another; one that loads beside its data goes on with what it does. */
  private boolean follow(int index, int other) throws IOException {
    String reply = nodes.get(index).ask("REPLICAOF 127.0.0.1 " + links.get(other).port());
    if (!reply.startsWith("OK")) {
      assertThat(reply).startsWith("LOADING");
      return false;
    }
    masterOf[index] = other;
    return true;
  }

  private int anyReplica() {
    return (master + 1 + random.nextInt(SERVERS - 1)) % SERVERS;
  }

  private void step() throws Exception {
    switch (random.nextInt(20)) {
      case 0, 1 -> links.get(random.nextInt(SERVERS)).cut();
      case 2 -> links.get(random.nextInt(SERVERS)).delayMillis(random.nextInt(20));
      case 3 -> restart(anyReplica());
      case 4 -> promote(anyReplica());
      case 5 -> moveBelowAnother();
      case 6, 7, 8, 9, 10 -> writeAndWait();
      default -> new Traffic(nodes.get(master), random, 50).write(1 + random.nextInt(60));
    }
  }

  private void restart(int index) throws Exception {
    if (random.nextBoolean()) {
      nodes.get(index).ask("SAVE");
    }
    nodes.get(index).close();
    nodes.set(index, start(index, "replicaof 127.0.0.1 " + links.get(masterOf[index]).port()));
    links.get(index).target(nodes.get(index).port());
    links.get(index).cut();
  }

  private void promote(int index) throws Exception {
    String reply = nodes.get(index).ask("REPLICAOF NO ONE");
    if (!reply.equals("OK")) {
      assertThat(reply).startsWith("LOADING");
      return;
    }
    master = index;
    masterOf[index] = index;
    for (int i = 0; i < SERVERS; i++) {
      int other = i;
      if (other != index) {
        Node.until("a new master for " + other, () -> follow(other, index));
      }
    }
  }

  private void moveBelowAnother() throws IOException {
    int index = anyReplica();
    int other = random.nextInt(SERVERS);
    if (other != index && masterOf[other] != index) {
      follow(index, other);
    }
  }

  /** What replicas have acknowledged is there to be read, unless they have just begun anew. */
  private void writeAndWait() throws IOException {
    String key = "waited:" + random.nextInt(10);
    String value = Long.toString(writes++);
    Node node = nodes.get(master);
    node.ask("SELECT 9");
    node.ask("SET " + key + " " + value);
    Reply reply = node.call("WAIT 1 50");
    node.ask("SELECT 0");
    long told = ((Reply.Integer) reply).value();
    long have = 0;
    for (int i = 0; i < SERVERS; i++) {
      if (i != master) {
        nodes.get(i).ask("SELECT 9");
        String read = nodes.get(i).ask("GET " + key);
        have += read.equals(value) || read.startsWith("LOADING") ? 1 : 0;
      }
    }
    waited += told;
    assertThat(have).as("replicas with " + key + " " + value).isGreaterThanOrEqualTo(told);
  }

  private void heal() throws Exception {
    for (FlakyLink link : links) {
      link.delayMillis(0);
    }
    Node head = nodes.get(master);
    head.ask("CONFIG SET rdb-key-save-delay 0");
    head.ask("SET healed 1");
    for (int i = 0; i < SERVERS; i++) {
      if (i != master) {
        Node replica = nodes.get(i);
        replica.untilInSyncWith(head);
        assertThat(replica.ask("DEBUG DIGEST"))
            .as("digest of %d", i)
            .isEqualTo(head.ask("DEBUG DIGEST"));
      }
    }
  }
}
