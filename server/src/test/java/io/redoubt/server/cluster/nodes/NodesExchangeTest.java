package io.redoubt.server.cluster.nodes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.server.cluster.message.NodeFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a {@code nodes.conf} of Redis can be taken over and handed back. */
class NodesExchangeTest {
  private static RealRedis start(Path directory, int busPort, String... more) throws Exception {
    String[] options = {"--cluster-enabled", "yes", "--cluster-port", Integer.toString(busPort)};
    String[] all = Arrays.copyOf(options, options.length + more.length);
    System.arraycopy(more, 0, all, options.length, more.length);
    return RealRedis.start(directory, all);
  }

  private static String text(RealRedis redis, String... words) {
    String reply = redis.command(words);
    assertThat(reply).isNotNull();
    return String.valueOf(reply);
  }

  /** Returns the lines of CLUSTER NODES without addresses, times and link states. */
  private static List<String> facts(String nodes) {
    return nodes
        .lines()
        .map(line -> line.split(" ", 9))
        .map(field ->
            String.join(
                " ",
                field[0],
                field[2].replace("fail?", "").replace("fail", "").replaceAll(",$", ""),
                field[3],
                field[6],
                field.length > 8 ? field[8] : ""))
        .sorted()
        .toList();
  }

  @Test
  void takesOverAndGivesBackTheFileOfRedis70(@TempDir Path directory) throws Exception {
    RealRedis.assumeInstalled();
    Path first = Files.createDirectory(directory.resolve("first"));
    Path second = Files.createDirectory(directory.resolve("second"));
    int firstBus = FreePorts.one();
    int secondBus = FreePorts.one();
    Path file = first.resolve("nodes.conf");
    String nodes;
    String myId;
    try (RealRedis one = start(first, firstBus, "--cluster-announce-hostname", "one.example.com");
        RealRedis two = start(second, secondBus)) {
      assertThat(text(one, "CLUSTER", "SET-CONFIG-EPOCH", "7")).isEqualTo("OK");
      assertThat(text(two, "CLUSTER", "SET-CONFIG-EPOCH", "8")).isEqualTo("OK");
      assertThat(text(one, "CLUSTER", "ADDSLOTSRANGE", "0", "99", "200", "200")).isEqualTo("OK");
      assertThat(text(two, "CLUSTER", "ADDSLOTSRANGE", "300", "16383")).isEqualTo("OK");
      assertThat(
              text(
                  one,
                  "CLUSTER",
                  "MEET",
                  "127.0.0.1",
                  Integer.toString(two.port()),
                  Integer.toString(secondBus)))
          .isEqualTo("OK");
      String otherId = text(two, "CLUSTER", "MYID");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              text(one, "CLUSTER", "NODES").contains("300-16383")
                  && text(two, "CLUSTER", "NODES").contains("0-99"));
      assertThat(text(one, "CLUSTER", "SETSLOT", "50", "MIGRATING", otherId)).isEqualTo("OK");
      assertThat(text(one, "CLUSTER", "SETSLOT", "300", "IMPORTING", otherId)).isEqualTo("OK");
      assertThat(text(one, "CLUSTER", "SAVECONFIG")).isEqualTo("OK");
      nodes = text(one, "CLUSTER", "NODES");
      myId = text(one, "CLUSTER", "MYID");
    }

    NodesFile ours = new NodesFile(new OsDisk(), file, false);
    ClusterState state = ours.read().orElseThrow();
    assertThat(state.myId()).isEqualTo(myId);
    assertThat(state.currentEpoch()).isEqualTo(8);
    assertThat(state.nodes()).hasSize(2);
    NodeRecord mine = state.myself();
    assertThat(mine.configEpoch()).isEqualTo(7);
    assertThat(mine.has(NodeFlag.MASTER)).isTrue();
    assertThat(mine.labels().hostname()).isEqualTo("one.example.com");
    assertThat(mine.slots()).hasToString("0-99 200");
    assertThat(mine.openSlots().migrating()).containsOnlyKeys(50);
    assertThat(mine.openSlots().importing()).containsOnlyKeys(300);

    byte[] before = Files.readAllBytes(file);
    ours.write(new ClusterState(state.myId(), state.currentEpoch() + 5, 3, state.nodes()));
    assertThat(Files.readAllBytes(file)).isNotEqualTo(before);
    assertThat(Files.exists(first.resolve("nodes.conf.tmp"))).isFalse();

    try (RealRedis one = start(first, firstBus, "--cluster-announce-hostname", "one.example.com")) {
      assertThat(facts(text(one, "CLUSTER", "NODES"))).isEqualTo(facts(nodes));
      assertThat(text(one, "CLUSTER", "MYID")).isEqualTo(myId);
      assertThat(text(one, "CLUSTER", "INFO")).contains("cluster_current_epoch:13");
    }
    assertThat(Files.readString(file)).contains("lastVoteEpoch 3");
  }
}
