package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.runtime.HostileArguments;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests random commands: each has exactly one reply, and the next start reads the sentinel's state
 * from its file. {@code -Dredoubt.histories=10000} runs more of them.
 */
class CommandHistoriesTest {
  private static final int HISTORIES = Integer.getInteger("redoubt.histories", 100);
  private static final int COMMANDS = 20;
  private static final List<String> OPTIONS =
      List.of(
          "down-after-milliseconds",
          "failover-timeout",
          "parallel-syncs",
          "notification-script",
          "auth-pass",
          "auth-user",
          "quorum",
          "master-reboot-down-after-period",
          "rename-command",
          "forget-after",
          "nothing");
  private static final List<String> GLOBALS =
      List.of(
          "resolve-hostnames",
          "announce-hostnames",
          "announce-ip",
          "announce-port",
          "sentinel-user",
          "sentinel-pass",
          "nothing");

  @TempDir private Path folder;

  private final Random random = Seed.random("CommandHistoriesTest");
  private final HostileArguments words = new HostileArguments(random);

  @Test
  void readsBackTheStateAfterRandomCommands() throws Exception {
    int port = FreePorts.one();
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(
        file, "bind 127.0.0.1\nsentinel deny-scripts-reconfig no\nport " + port + "\n");
    try (SentinelServer server = TestSentinels.start(TestSentinels.load(file));
        RespClient client = RespClient.connect("127.0.0.1", port)) {
      for (int history = 0; history < HISTORIES; history++) {
        for (int i = 0; i < COMMANDS; i++) {
          assertThat(client.call(command())).isNotNull();
        }
        client.call("SENTINEL", "FLUSHCONFIG");
        assertThat(client.call("ECHO", "still in step").isError()).isTrue();
        SentinelState state = server.state().join();
        assertThat(read(file, history)).as("history " + history).isEqualTo(sets(state));
        if (words.oneIn(5)) {
          for (Reply name : client.call("ROLE").elements().get(1).elements()) {
            client.call("SENTINEL".getBytes(), "REMOVE".getBytes(), ((Reply.Bulk) name).bytes());
          }
        }
      }
    }
  }

  private static Set<Object> read(Path file, int history) throws Exception {
    try {
      SentinelDirectives directives = TestSentinels.load(file);
      directives.finish();
      return sets(directives.words().state(""));
    } catch (FatalConfigError e) {
      throw new AssertionError("history " + history + ": " + e.text(), e);
    }
  }

  private static Set<Object> sets(SentinelState state) {
    return state.masters().stream()
        .map(each ->
            List.of(
                each.name(),
                each.address(),
                each.options(),
                each.configEpoch(),
                each.leaderEpoch(),
                Set.copyOf(each.replicas()),
                Set.copyOf(each.sentinels())))
        .collect(Collectors.toSet());
  }

  private String[] command() {
    return switch (random.nextInt(10)) {
      case 0, 1 ->
          new String[] {
            "SENTINEL", "MONITOR", words.name(), words.host(), words.number(65535), words.number(3)
          };
      case 2 -> new String[] {"SENTINEL", "REMOVE", words.name()};
      case 3 -> new String[] {"SENTINEL", "RESET", words.name()};
      case 4, 5 -> set();
      case 6 -> config();
      case 7 ->
          new String[] {
            "SENTINEL",
            "IS-MASTER-DOWN-BY-ADDR",
            words.host(),
            words.number(65535),
            words.number(20),
            words.id()
          };
      default -> new String[] {"PUBLISH", "__sentinel__:hello", words.hello()};
    };
  }

  private String[] set() {
    String option = words.oneOf(OPTIONS);
    String value = words.oneIn(2) ? words.number(100_000) : words.text();
    return option.equals("rename-command")
        ? new String[] {"SENTINEL", "SET", words.name(), option, value, words.text()}
        : new String[] {"SENTINEL", "SET", words.name(), option, value};
  }

  private String[] config() {
    String option = words.oneOf(GLOBALS);
    String value =
        switch (option) {
          case "resolve-hostnames", "announce-hostnames" -> words.oneOf(List.of("yes", "no"));
          case "announce-port" -> words.number(65535);
          case "announce-ip" -> words.host();
          default -> words.text();
        };
    return new String[] {"SENTINEL", "CONFIG", "SET", option, value};
  }
}
