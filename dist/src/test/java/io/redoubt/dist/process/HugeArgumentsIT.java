package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every command with an argument larger than the Java heap: it is refused or executed, and the
 * server or sentinel survives.
 */
@Timeout(600)
final class HugeArgumentsIT {
  /** Subscribers receive at most 32 MB at once. */
  private static final int HELLO_BYTES = 24 << 20;

  private static final String HELLOS = "__sentinel__:hello";

  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void endNoServer() throws Exception {
    attack("no");
  }

  @Test
  void endNoNodeOfACluster() throws Exception {
    attack("yes");
  }

  @Test
  void endNoSentinel() throws Exception {
    NodeProcess master = nodes.server(Kind.REDOUBT);
    Path file = nodes.folder("configuration").resolve("sentinel.conf");
    Files.writeString(file, "sentinel monitor m 127.0.0.1 " + master.port() + " 1\n");
    NodeProcess sentinel =
        nodes.after(HugeRequests.HEAP, Kind.REDOUBT.sentinel(), List.of(file.toString()));
    await().atMost(Distribution.LIMIT).until(() -> listener(master).contains(" sub=1 "));
    List<List<String>> requests;
    try (RespClient client = sentinel.connect()) {
      requests = requests(client);
    }
    for (List<String> words : requests) {
      HugeRequests.send(sentinel, words);
      assertThat(sentinel.ask("PING").text()).as(words.toString()).isEqualTo("PONG");
    }
    String before = listener(master).split(" ")[0];
    master.ask("PUBLISH", HELLOS, "1".repeat(HELLO_BYTES));
    await().atMost(Distribution.LIMIT).until(() -> listener(master).contains(" omem=0 "));
    assertThat(sentinel.ask("PING").text()).isEqualTo("PONG");
    assertThat(listener(master)).startsWith(before + " ");
  }

  /** Returns the line in CLIENT LIST of the sentinel's connection that receives hello messages. */
  private static String listener(NodeProcess master) throws IOException {
    return master.ask("CLIENT", "LIST", "TYPE", "pubsub").text();
  }

  private void attack(String cluster) throws Exception {
    NodeProcess node =
        nodes.serverAfter(
            HugeRequests.HEAP,
            "--cluster-enabled",
            cluster,
            "--cluster-port",
            FreePorts.one() + "",
            "--save",
            "");
    int count = 0;
    try (RespClient watch = node.connect()) {
      for (List<String> words : requests(watch)) {
        boolean matters = cluster.equals("no") || words.getFirst().equals("cluster");
        if (matters) {
          HugeRequests.send(node, words);
          count++;
          goesOn(watch, words);
        }
      }
    }
    assertThat(node.isAlive()).isTrue();
    assertThat(count).isGreaterThan(cluster.equals("no") ? 400 : 10);
  }

  private static void goesOn(RespClient watch, List<String> words) {
    try {
      assertThat(watch.call("FLUSHALL").text()).as(words.toString()).isEqualTo("OK");
    } catch (IOException e) {
      throw new AssertionError("the server ended by " + words, e);
    }
  }

  /** Returns requests of each command; an empty word represents the huge argument. */
  private static List<List<String>> requests(RespClient client) throws IOException {
    List<List<String>> requests = new ArrayList<>();
    requests.add(List.of(""));
    requests.add(List.of("unknown", ""));
    requests.add(List.of("publish", HELLOS, ""));
    for (Reply command : client.call("COMMAND").elements()) {
      add(command, requests);
    }
    return requests;
  }

  private static void add(Reply command, List<List<String>> requests) {
    List<Reply> facts = List.copyOf(command.elements());
    List<String> name = List.of(facts.get(0).text().split("\\|", -1));
    if (HugeRequests.LEFT_OUT.contains(name.getFirst())) {
      return;
    }
    List<Reply> subcommands = List.copyOf(facts.get(9).elements());
    if (!subcommands.isEmpty()) {
      requests.add(List.of(name.getFirst(), ""));
      subcommands.forEach(each -> add(each, requests));
    }
    int length = (int) Math.abs(facts.get(1).number());
    List<String> words = new ArrayList<>(name);
    while (words.size() < length || words.size() == name.size()) {
      words.add("1");
    }
    for (int at : new TreeSet<>(List.of(name.size(), words.size() - 1))) {
      List<String> request = new ArrayList<>(words);
      request.set(at, "");
      requests.add(request);
    }
  }
}
