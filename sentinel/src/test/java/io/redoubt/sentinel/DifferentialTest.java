package io.redoubt.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the replies of a real sentinel and a Redoubt sentinel in the same conversation, both
 * monitoring a missing master. The lines are in {@code conversation.txt}; text after a {@code #} is
 * a comment.
 */
class DifferentialTest {
  @TempDir private Path folder;

  @Test
  void repliesLikeARealSentinel() throws Exception {
    RealRedis.assumeInstalled();
    List<Integer> ports = FreePorts.several(5);
    Path theirs = conf("theirs.conf", ports, ports.get(3));
    Path ours = conf("ours.conf", ports, ports.get(4));
    Process process =
        new ProcessBuilder(
                RealRedis.program("redis-server").toString(), theirs.toString(), "--sentinel")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (SentinelServer server = TestSentinels.start(TestSentinels.load(ours));
        RespClient client = RespClient.connect("127.0.0.1", ports.get(4));
        RespClient real =
            await().ignoreExceptions().until(() -> connect(ports.get(3)), c -> true)) {
      assertThat(server).isNotNull();
      List<String> differences = new ArrayList<>();
      for (List<String> words : conversation(ports)) {
        String[] request = words.toArray(String[]::new);
        Reply expected = real.call(request);
        Reply actual = client.call(request);
        boolean isSame =
            words.getFirst().equalsIgnoreCase("acl")
                ? shown(expected).equals(withoutNewerParts(actual))
                : expected.equals(actual);
        if (!isSame) {
          differences.add(words + "\n  real: " + shown(expected) + "\n  ours: " + shown(actual));
        }
      }
      assertThat(differences).isEmpty();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static RespClient connect(int port) throws IOException {
    return RespClient.connect("127.0.0.1", port);
  }

  private static String shown(Reply reply) {
    return reply instanceof Reply.Array(List<Reply> parts)
        ? parts.stream().map(DifferentialTest::shown).toList().toString()
        : reply.isNull() ? "nil" : reply.text();
  }

  /**
   * Returns a reply without the flag that 7.2 shows for each user, and 7.0 only if it was set, and
   * without a user's databases, as Valkey has them.
   */
  private static String withoutNewerParts(Reply reply) {
    return shown(reply).replaceAll(",? sanitize-payload\\b|, databases, alldbs", "");
  }

  private Path conf(String name, List<Integer> ports, int port) throws IOException {
    return Files.writeString(
        folder.resolve(name),
        """
        port %d
        bind 127.0.0.1
        sentinel myid 5bec50a85f9e5ff5fbc33158d18d95e2cf6c7188
        sentinel monitor mymaster 127.0.0.1 %d 2
        sentinel down-after-milliseconds mymaster 600000
        sentinel known-replica mymaster 127.0.0.1 %d
        sentinel known-sentinel mymaster 127.0.0.1 %d f13cf218665276fca68656336704e0d90a8571b9
        """
            .formatted(port, ports.get(0), ports.get(1), ports.get(2)));
  }

  /**
   * Returns lines of words, with {@code ""} for an empty one and {@code $master} for the master's
   * port.
   */
  private static List<List<String>> conversation(List<Integer> ports) throws IOException {
    List<List<String>> lines = new ArrayList<>();
    try (InputStream in = DifferentialTest.class.getResourceAsStream("conversation.txt")) {
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        String text = line.replaceFirst("#.*", "").replace("$master", ports.get(0).toString());
        List<String> words = new ArrayList<>();
        for (String word : text.trim().split(" +", -1)) {
          words.add(word.equals("\"\"") ? "" : word);
        }
        if (!text.isBlank()) {
          lines.add(words);
        }
      }
    }
    assertThat(lines).hasSizeGreaterThan(100);
    return lines;
  }
}
