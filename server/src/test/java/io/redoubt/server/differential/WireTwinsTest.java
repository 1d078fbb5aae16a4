package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.server.replies.ExpectedRequests;
import io.redoubt.server.replies.MutatedRequests;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arbitrary bytes, including invalid requests, sent to a real Redis and to Redoubt. */
final class WireTwinsTest {
  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 3000);
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final String RESET = "[reset]";

  @TempDir private Path directory;

  private final Random random = Seed.random("WireTwinsTest");

  /**
   * Sends pieces and reads until the server closes, or until it has sent {@code replyBytes} bytes
   * and the input has been ended.
   */
  private static String talk(int port, int replyBytes, byte[]... pieces) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      var all = new ByteArrayOutputStream();
      try {
        for (byte[] piece : pieces) {
          socket.getOutputStream().write(piece);
        }
        var buffer = new byte[4096];
        boolean ended = false;
        while (true) {
          if (!ended && all.size() >= replyBytes) {
            socket.shutdownOutput();
            ended = true;
          }
          int bytes = socket.getInputStream().read(buffer);
          if (bytes < 0) {
            return all.toString(ISO_8859_1);
          }
          all.write(buffer, 0, bytes);
        }
      } catch (SocketException reset) {
        // Closed with unread input: bytes in transit are lost.
        return all.toString(ISO_8859_1) + RESET;
      }
    }
  }

  /** Fails unless both servers reply alike, as far as replies have arrived. */
  private static void expectAlike(Twins twins, byte[]... pieces) throws IOException {
    String real = talk(twins.realPort(), 0, pieces);
    String ours = talk(twins.oursPort(), real.replace(RESET, "").length(), pieces);
    if (real.endsWith(RESET) || ours.endsWith(RESET)) {
      real = real.replace(RESET, "");
      ours = ours.replace(RESET, "");
      int common = Math.min(real.length(), ours.length());
      real = real.substring(0, common);
      ours = ours.substring(0, common);
    }
    assertThat(ours)
        .as("replies to %s", Arrays.stream(pieces).map(Quoting::quote).toList())
        .isEqualTo(real);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST / HTTP/1.1\r\nPING\r\n",
        "Host: x\r\nPING\r\n",
        "PING\r\npost / HTTP/1.1\r\nPING\r\n",
        "MULTI\r\nhOST: a b\r\nPING\r\n",
        "*1\r\n$4\r\nPost\r\n*1\r\n$4\r\nPING\r\n",
        "GET / HTTP/1.1\r\nHost: abc\r\nPING\r\n",
        "POST: /\r\nhost\r\n*2\r\n$4\r\nPING\r\n$4\r\nPOST\r\n",
      })
  void requestsOfBrowsersEndTheConnection(String bytes) throws Exception {
    try (var twins = Twins.start(directory)) {
      expectAlike(twins, bytes.getBytes(ISO_8859_1));
    }
  }

  @Test
  void longPipelinesBeforeAuthenticationEndTheConnection() throws Exception {
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      conversation.say(0, "CONFIG SET requirepass secret");
      for (String bytes :
          List.of(
              "PING\r\n".repeat(400),
              "PING\r\n".repeat(300) + "AUTH secret\r\n" + "PING\r\n".repeat(300),
              "*11\r\n",
              "PING\r\n*11\r\n$4\r\nPING\r\n",
              "*2\r\n$4\r\nPING\r\n$16385\r\n",
              "*2\r\n$4\r\nPING\r\n$16384\r\n" + "x".repeat(16384) + "\r\n",
              "AUTH secret\r\n*11\r\n")) {
        expectAlike(twins, bytes.getBytes(ISO_8859_1));
      }
      // More than one read, so that the replies to one read exceed the limit however it is split.
      byte[] tooLong = ("PING\r\n".repeat(6000) + "AUTH secret\r\n").getBytes(ISO_8859_1);
      for (int port : List.of(twins.realPort(), twins.oursPort())) {
        assertThat(talk(port, 0, tooLong)).doesNotContain("+OK");
      }
    }
  }

  @Test
  void lcsRefusesWhatRedisRefuses() throws Exception {
    List<String> words =
        List.of(
            "LEN",
            "IDX",
            "WITHMATCHLEN",
            "MINMATCHLEN",
            "1",
            "0",
            "-5",
            "x",
            "len",
            "9".repeat(19));
    List<String> keys = List.of("a", "b", "none", "list", "long", "number", "longer");
    try (var twins = Twins.start(directory, "proto-max-bulk-len 1mb");
        var conversation = new Conversation(twins, 1, "2")) {
      conversation.say(0, "MSET a ohmytext b mynewtext number 1234512");
      conversation.say(0, "RPUSH list a");
      conversation.say(0, "SET long " + "abcab".repeat(100)); // 501 * 501 * 4 is below 1 MB
      conversation.say(0, "SET longer " + "bac".repeat(200)); // 601 * 601 * 4 is above
      for (int i = 0; i < 400; i++) {
        var line = new StringBuilder("LCS");
        for (int k = random.nextInt(20) == 0 ? 1 : 2; k > 0; k--) {
          line.append(' ').append(keys.get(random.nextInt(keys.size())));
        }
        for (int k = random.nextInt(4); k > 0; k--) {
          line.append(' ').append(words.get(random.nextInt(words.size())));
        }
        conversation.say(0, line.toString());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-set", "resetkeys ~b", "-@all", "-publish", "resetchannels &c", "-get|x", "off"})
  void execRefusesRevokedPermissions(String rules) throws Exception {
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 2, "2")) {
      conversation.say(0, "ACL SETUSER u on nopass ~* &* +@all");
      for (List<String> queue :
          List.of(
              List.of("SET a 1", "GET a", "PUBLISH d x"),
              List.of("PUBLISH d x", "GET b", "SET a 1"),
              List.of("PING"))) {
        conversation.say(0, "ACL SETUSER u on nopass ~* &* +@all");
        conversation.say(0, "CONFIG RESETSTAT");
        conversation.say(1, "AUTH u any");
        conversation.say(1, "MULTI");
        for (String line : queue) {
          conversation.say(1, line);
        }
        conversation.say(0, "ACL SETUSER u " + rules);
        conversation.say(1, "EXEC");
        for (String section : List.of("errorstats", "commandstats")) {
          conversation.expectSame(
              section, counts(conversation, true, section), counts(conversation, false, section));
        }
      }
    }
  }

  private static List<String> counts(Conversation conversation, boolean real, String section) {
    byte[][] words = {Conversation.bytes("INFO"), Conversation.bytes(section)};
    byte[] reply = real ? conversation.askReal(0, words) : conversation.askOurs(0, words);
    return Arrays.stream(new String(reply, ISO_8859_1).split("\r\n"))
        .filter(line -> line.matches("(errorstat_|cmdstat_(exec|set|get|publish|ping):).*"))
        .map(line -> line.replaceAll("usec[^,]*,|,$", ""))
        .sorted()
        .toList();
  }

  @Test
  void repliesToMutatedRequestsLikeRedis() throws Exception {
    var mutated = new MutatedRequests(random);
    int compared = 0;
    int pipelines = 0;
    int violations = 0;
    try (var twins = Twins.start(directory)) {
      while (compared < MUTATIONS) {
        byte[] bytes = mutated.next("FLUSHALL\r\n");
        var requests = new ExpectedRequests(bytes);
        pipelines++;
        violations += requests.isViolated() ? 1 : 0;
        expectAlike(twins, mutated.pieces(bytes));
        compared += MutatedRequests.REQUESTS;
      }
      System.out.println(
          "WireTwinsTest: %d mutated requests, %d of %d pipelines with a violation"
              .formatted(compared, violations, pipelines));
      assertThat(violations).isBetween(pipelines / 2, pipelines * 19 / 20);
    }
  }
}
