package io.redoubt.server.replies;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Counts replies to the commands that {@link ReplySweepTest} leaves out. */
final class SpecialRepliesTest {
  private static final String END = "the end";

  private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
  private RedisServer server;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start(new Log(Clock.system(), ZoneOffset.UTC, 1, lines));
  }

  @AfterEach
  void end() {
    server.close();
  }

  private RespClient client() throws IOException {
    return RespClient.connect("127.0.0.1", server.port());
  }

  /**
   * Sends requests and PING with an argument; returns the number of replies before that of PING.
   */
  private int replies(String protocol, String requests) throws IOException {
    try (RespClient client = client()) {
      client.call("HELLO", protocol);
      return replies(client, requests);
    }
  }

  private static int replies(RespClient client, String requests) throws IOException {
    client.sendRaw(requests.replace("; ", "\r\n") + "\r\nPING \"" + END + "\"\r\n");
    int count = 0;
    while (true) {
      if (client.receive().toString().contains(END)) {
        return count;
      }
      count++;
    }
  }

  /** Returns the number of replies before the connection ends. */
  private int repliesUntilEnd(String requests) throws IOException {
    try (RespClient client = client()) {
      client.sendRaw(requests.replace("; ", "\r\n") + "\r\n");
      int count = 0;
      try {
        while (true) {
          client.receive();
          count++;
        }
      } catch (EOFException closed) {
        return count;
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SUBSCRIBE a, 1",
    "SUBSCRIBE a b c, 3",
    "SUBSCRIBE a a, 2",
    "SUBSCRIBE, 1",
    "PSUBSCRIBE a* b*, 2",
    "SSUBSCRIBE a b, 2",
    "UNSUBSCRIBE, 1",
    "UNSUBSCRIBE a b, 2",
    "PUNSUBSCRIBE, 1",
    "PUNSUBSCRIBE a* b*, 2",
    "SUNSUBSCRIBE, 1",
    "SUNSUBSCRIBE a b, 2",
    "SUBSCRIBE a b; UNSUBSCRIBE, 4",
    "SUBSCRIBE a b; UNSUBSCRIBE a x; PUNSUBSCRIBE, 5",
    "PSUBSCRIBE a* b*; PUNSUBSCRIBE; UNSUBSCRIBE, 5",
    "SSUBSCRIBE a b; SUNSUBSCRIBE b; SUNSUBSCRIBE; SUNSUBSCRIBE, 5",
    "SUBSCRIBE a; RESET, 2",
    "MULTI; SET k 1; RESET, 3",
    "WATCH k; RESET; RESET, 3",
    "MULTI; MULTI; DISCARD, 3",
    "CLIENT REPLY ON, 1",
    "CLIENT REPLY OFF; PING; GET k; CLIENT REPLY ON, 1",
    "CLIENT REPLY SKIP; PING; GET k, 1",
    "CLIENT REPLY SKIP; CLIENT REPLY SKIP; PING; GET k, 1",
    "CLIENT REPLY SKIP; CLIENT REPLY ON; GET k, 2",
    "CLIENT REPLY OFF; CLIENT REPLY SKIP; PING; CLIENT REPLY ON, 1",
    "CLIENT REPLY SKIP; RESET; GET k, 1",
    "CLIENT REPLY OFF; RESET; GET k, 2",
    "CLIENT REPLY SKIP; WAIT 1 10; GET k, 1",
    "CLIENT REPLY SKIP; BLPOP k 0.01; GET k, 1",
    "CLIENT REPLY SKIP; BLPOP k 0.01; BLPOP k 0.01; GET k, 2",
    "CLIENT REPLY SKIP; XREAD BLOCK 10 STREAMS k $; GET k, 1",
    "CLIENT REPLY SKIP; BLMOVE k l LEFT LEFT 0.01; CLIENT REPLY SKIP; WAIT 1 10; GET k, 1",
    "CLIENT REPLY OFF; BLPOP k 0.01; CLIENT REPLY ON; GET k, 2",
    "CLIENT PAUSE 20; CLIENT REPLY SKIP; SET k 1; GET k, 2",
    "CLIENT REPLY OFF; EVAL return(1) 0; WAIT 0 1; CLIENT REPLY ON, 1",
    "CLIENT REPLY WRONG, 1",
    "CLIENT PAUSE 1; PING, 2",
    "CLIENT KILL ID 999999; CLIENT KILL 1.2.3.4:5, 2",
    "REPLCONF ACK 1, 0",
    "REPLCONF listening-port 1; REPLCONF capa eof, 2",
  })
  void countsReplies(String requests, int expected) throws IOException {
    assertThat(replies("2", requests)).as("RESP2").isEqualTo(expected);
    assertThat(replies("3", requests)).as("RESP3").isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "BLPOP k 0, RPUSH k a b",
    "BRPOP k 0, RPUSH k a b",
    "BZPOPMIN k 0, ZADD k 1 a",
    "XREAD BLOCK 0 STREAMS k $, XADD k 1-1 a b",
    "XREAD BLOCK 0 STREAMS k $, CLIENT UNBLOCK <id>",
    "XREAD BLOCK 0 STREAMS k $, CLIENT UNBLOCK <id> ERROR",
    "BLPOP k 0, CLIENT UNBLOCK <id>",
    "WAIT 1 0, CLIENT UNBLOCK <id> ERROR",
  })
  void skipsTheReplyOfABlockedCommand(String blocking, String end) throws IOException {
    try (RespClient client = client();
        RespClient other = client()) {
      String id = client.call("CLIENT", "ID").text();
      client.sendRaw("CLIENT REPLY SKIP\r\n" + blocking + "\r\nECHO next\r\n");
      await().until(() -> other.call("INFO", "clients").text().contains("blocked_clients:1\r\n"));
      other.call(end.replace("<id>", id).split(" "));
      assertThat(client.receive().text()).isEqualTo("next");
      assertThat(client.call("ECHO", "again").text()).isEqualTo("again");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "QUIT; PING, 1",
    "PING; QUIT; PING; PING, 2",
    "MULTI; PING; QUIT; EXEC, 3",
    "SUBSCRIBE a; QUIT; PING, 2",
    "CLIENT REPLY OFF; QUIT, 0",
    "CLIENT KILL TYPE normal SKIPME no; PING, 1",
    "PING; POST / HTTP/1.1; PING, 0",
    "MULTI; CLIENT KILL TYPE normal SKIPME no; EXEC; PING, 3",
  })
  void countsRepliesUntilTheEnd(String requests, int expected) throws IOException {
    assertThat(repliesUntilEnd(requests)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SYNC", "PSYNC ? -1"})
  void aReplicaGetsASnapshotAndNoReplies(String request) throws IOException {
    try (RespClient replica = client()) {
      replica.sendRaw("REPLCONF capa psync2\r\n" + request + "\r\n");
      assertThat(replica.receive().text()).isEqualTo("OK");
      if (request.startsWith("PSYNC")) {
        assertThat(replica.receive().text()).startsWith("FULLRESYNC ");
      }
    }
    try (RespClient client = client()) {
      assertThat(replies(client, "MULTI; " + request + "; DISCARD")).isEqualTo(3);
      assertThat(replies(client, "PSYNC ?; SYNC 1 2")).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST / HTTP/1.1", "Host: example"})
  void requestsOfBrowsersAreLogged(String line) throws IOException {
    String address;
    try (RespClient client = client()) {
      address = "127.0.0.1:" + client.localPort();
      client.sendRaw(line + "\r\nPING\r\n");
      assertThat(client.isAtEnd()).isTrue();
    }
    await()
        .until(() ->
            lines
                .toString(UTF_8)
                .contains(
                    " # Possible SECURITY ATTACK detected. It looks like somebody is sending POST"
                        + " or Host: commands to Redis. This is likely due to an attacker"
                        + " attempting to use Cross Protocol Scripting to compromise your Redis"
                        + " instance. Connection from "
                        + address
                        + " aborted.\n"));
  }

  @Test
  void aBlockedReplyIsOneReply() throws IOException {
    try (RespClient client = client()) {
      assertThat(replies(client, "BLPOP none 0.01; WAIT 1 10; PING")).isEqualTo(3);
    }
  }
}
