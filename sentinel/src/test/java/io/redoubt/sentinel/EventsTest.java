package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the events of a real sentinel and a Redoubt sentinel after a master's death. Each
 * monitors its own master with two replicas, which require authentication, have renamed commands
 * and use host names; one replica is unannounced.
 */
class EventsTest {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final int NODES = 3;

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final List<RespClient> clients = new ArrayList<>();
  private @Nullable SentinelServer ours;

  @AfterEach
  void stop() throws Exception {
    for (RespClient client : clients) {
      client.close();
    }
    if (ours != null) {
      ours.close();
    }
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void publishesTheEventsOfARealSentinel() throws Exception {
    RealRedis.assumeInstalled();
    Group theirs = new Group("theirs");
    Group mine = new Group("ours");
    theirs.startNodes();
    mine.startNodes();
    processes.add(process(theirs.configuration(), "--sentinel"));
    ours = TestSentinels.start(TestSentinels.load(mine.configuration()));
    theirs.listen();
    mine.listen();
    theirs.killMaster();
    mine.killMaster();
    theirs.awaitSwitch();
    mine.awaitSwitch();

    assertThat(mine.events).containsExactlyElementsOf(theirs.events);
    await()
        .atMost(LIMIT)
        .untilAsserted(() ->
            assertThat(mine.announcedReplicas()).isEqualTo(theirs.announcedReplicas()).hasSize(1));
  }

  private Process process(Path configuration, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(RealRedis.program("redis-server").toString());
    command.add(configuration.toString());
    command.addAll(List.of(options));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** A sentinel, its nodes, and its events, in which ports are replaced by P0, P1 and so on. */
  private final class Group {
    private final String name;
    private final List<Integer> ports = FreePorts.several(NODES + 1);
    private final List<Process> nodes = new ArrayList<>();
    private final List<String> events = new CopyOnWriteArrayList<>();

    Group(String name) {
      this.name = name;
    }

    void startNodes() throws IOException {
      for (int i = 0; i < NODES; i++) {
        Path home = Files.createDirectories(folder.resolve(name + i));
        Path file =
            Files.writeString(
                home.resolve("redis.conf"),
                """
                port %d
                bind 127.0.0.1
                dir %s
                save ""
                repl-diskless-sync-delay 0
                replica-announce-ip localhost
                replica-priority %d
                replica-announced %s
                masterauth pw
                requirepass pw
                user watcher on >secret ~* &* +@all
                rename-command CONFIG cfg
                rename-command SLAVEOF follow
                """
                        .formatted(ports.get(i), home, 100 - i * 10, i == 1 ? "no" : "yes")
                    + (i == 0 ? "" : "replicaof localhost " + ports.getFirst() + "\n"));
        Process node = process(file);
        nodes.add(node);
        processes.add(node);
      }
      for (int i = 1; i < NODES; i++) {
        int port = ports.get(i);
        await()
            .atMost(LIMIT)
            .ignoreExceptions()
            .until(() -> ask(port, "pw", "INFO").text().contains("master_link_status:up"));
      }
    }

    Path configuration() throws IOException {
      return Files.writeString(
          folder.resolve(name + ".conf"),
          """
          port %d
          bind 127.0.0.1
          requirepass mine
          sentinel resolve-hostnames yes
          sentinel myid 5bec50a85f9e5ff5fbc33158d18d95e2cf6c7188
          sentinel monitor mymaster localhost %d 1
          sentinel down-after-milliseconds mymaster 1500
          sentinel failover-timeout mymaster 20000
          sentinel auth-user mymaster watcher
          sentinel auth-pass mymaster secret
          sentinel rename-command mymaster CONFIG cfg
          sentinel rename-command mymaster SLAVEOF follow
          """
              .formatted(ports.getLast(), ports.getFirst()));
    }

    void listen() {
      RespClient client =
          await()
              .atMost(LIMIT)
              .ignoreExceptions()
              .until(() -> RespClient.connect("127.0.0.1", ports.getLast(), 60_000), c -> true);
      clients.add(client);
      await()
          .atMost(LIMIT)
          .until(() -> {
            Reply master = ask(ports.getLast(), "mine", "SENTINEL", "MASTER", "mymaster");
            return value(master, "num-slaves").equals("2") && !value(master, "runid").isEmpty();
          });
      // Priorities count only once the replicas have reported them.
      await()
          .atMost(LIMIT)
          .until(() ->
              ask(ports.getLast(), "mine", "SENTINEL", "INFO-CACHE", "mymaster")
                      .elements()
                      .get(1)
                      .elements()
                      .stream()
                      .filter(each -> !each.elements().get(1).isNull())
                      .count()
                  == NODES);
      Thread.ofPlatform().daemon().name("events of " + name).start(() -> receive(client));
      await().atMost(LIMIT).until(() -> events.contains("subscribed"));
    }

    private void receive(RespClient client) {
      try {
        client.call("AUTH", "mine");
        client.send("PSUBSCRIBE", "*");
        client.receive();
        events.add("subscribed");
        while (true) {
          List<Reply> message = List.copyOf(client.receive().elements());
          String text = message.get(2).text() + " " + message.get(3).text();
          for (int i = 0; i < ports.size(); i++) {
            text = text.replace(ports.get(i).toString(), "P" + i);
          }
          events.add(text);
        }
      } catch (IOException | UncheckedIOException e) {
        // The test has ended.
      }
    }

    void killMaster() throws InterruptedException {
      nodes.getFirst().destroyForcibly().waitFor();
    }

    /** Waits for the last event: the old master, now a replica, is down. */
    void awaitSwitch() {
      await()
          .atMost(LIMIT)
          .until(() -> events.stream().anyMatch(event -> event.startsWith("+sdown slave ")));
    }

    List<String> announcedReplicas() throws IOException {
      return ask(ports.getLast(), "mine", "SENTINEL", "REPLICAS", "mymaster").elements().stream()
          .map(replica -> value(replica, "name").replaceFirst(":.*", ":") + value(replica, "flags"))
          .toList();
    }
  }

  private static String value(Reply instance, String field) {
    List<Reply> words = List.copyOf(instance.elements());
    for (int i = 0; i + 1 < words.size(); i += 2) {
      if (words.get(i).text().equals(field)) {
        return words.get(i + 1).text();
      }
    }
    return "";
  }

  private static Reply ask(int port, String password, String... words) throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", port)) {
      client.call("AUTH", password);
      return client.call(words);
    }
  }
}
