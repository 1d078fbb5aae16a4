package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A server for each test, with access to its replication stream and keyspace events. */
abstract class EffectsFixture {
  static final String FAR = "33177117420000";

  /** The prefix of a command that an older replica ignores. */
  static final String NEWER = "REPLCONF ACK 0 ";

  private RedisServer server;
  WireConnection client;
  private WireConnection subscriber;
  PropagatedCommands replica;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("notify-keyspace-events KEA");
    client = new WireConnection(server.port());
    subscriber = new WireConnection(server.port());
    subscriber.call("PSUBSCRIBE", "__keyevent*");
    replica =
        new PropagatedCommands(
            new WireConnection(server.port()), new WireConnection(server.port()));
  }

  @AfterEach
  void stop() {
    replica.close();
    subscriber.close();
    client.close();
    server.close();
  }

  void says(String line) {
    client.call(Objects.requireNonNull(Quoting.split(line)).toArray(byte[][]::new));
  }

  void propagates(String line, String... commands) {
    says(line);
    assertThat(replica.next().stream().map(words -> String.join(" ", words)))
        .as(line)
        .containsExactly(commands);
  }

  /** Returns the keyspace events since the last call, each with its name and key. */
  List<String> events() {
    List<String> events = new ArrayList<>();
    for (String message : subscriber.messages().split("\n")) {
      int at = message.indexOf("__:");
      if (at >= 0) {
        int name = message.lastIndexOf(':');
        events.add(message.substring(name + 1).replaceAll(" \\$\\d+ ", " ").strip());
      }
    }
    return events;
  }
}
