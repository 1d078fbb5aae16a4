package io.redoubt.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends texts that look like lines and fields to every command that stores a client's text, and
 * reads every output that shows such texts: none is mistaken for a line or field.
 */
@Timeout(120)
final class HostileTextsTest {
  private static final String MARK = "forged";

  /** Strings that end a line for the parser of some client. */
  private static final List<String> LINE_ENDS =
      List.of("\n", "\r", "\r\n", "\u000b", "\f", "\u001c", "\u0085", "\u2028", "\u2029", "\0");

  private static final Pattern ANY_LINE_END =
      Pattern.compile("\r\n|[\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029]");

  private static final String ID = "0123456789012345678901234567890123456789";

  private final int watchPort = FreePorts.one();
  private final List<String> texts = new ArrayList<>();

  @TempDir private Path folder;

  @Test
  void noTextOfAClientIsTakenForALineOrField() throws Exception {
    for (String end : LINE_ENDS) {
      texts.add(end + MARK + "9:ip=10.0.0.9,port=6379" + end + "Y z");
      texts.add("x" + end + "# " + MARK + end + MARK + ":1 y");
      texts.add("A#B:" + end + MARK + "=1," + MARK + "=2\" y");
    }
    Log log = Log.silent(Clock.system());
    Path file = folder.resolve("log");
    log.setFile(file);
    log.setLevel(Log.Level.DEBUG);
    try (RedisServer server =
        TestServers.start(
            log,
            "dir " + folder,
            "metrics-port " + watchPort,
            "page-show-keys yes",
            "slowlog-log-slower-than 0",
            "enable-debug-command yes")) {
      try (RespClient client = RespClient.connect("127.0.0.1", server.port());
          RespClient user = RespClient.connect("127.0.0.1", server.port());
          RespClient replica = RespClient.connect("127.0.0.1", server.port())) {
        for (String text : texts) {
          feed(client, text);
          denied(client, user, text);
          announce(replica, text);
          check(client);
        }
        replica.call("REPLCONF", "listening-port", "6379");
        assertThat(client.call("REPLICAOF", texts.getFirst(), "1").text()).isEqualTo("OK");
        check(client);
        assertThat(client.call("REPLICAOF", "NO", "ONE").text()).isEqualTo("OK");
        checkPage();
      }
      checkReplica(server.port());
    }
    assertThat(lines(Files.readString(file)))
        .allMatch(line -> line.matches("0:[MSC] \\d\\d .{21} [.*#-] \\P{Cntrl}*|"));
  }

  /** Stores a text by every command that accepts text from a client with all rights. */
  private static void feed(RespClient client, String text) throws IOException {
    client.call("EVAL", "return {err=ARGV[1]}", "0", text);
    client.call("EVAL", "return redis.call(ARGV[1])", "0", text);
    client.call("EVAL", "error(ARGV[1])", "0", text);
    client.call("EVAL", "redis.log(redis.LOG_WARNING, ARGV[1])", "0", text);
    client.call("EVAL", text, "0");
    client.call("FUNCTION", "LOAD", text);
    client.call(text);
    client.call("CLIENT", text);
    client.call("CLIENT", "SETNAME", text);
    client.call("CLIENT", "SETINFO", "LIB-NAME", text);
    client.call("CLIENT", "SETINFO", "LIB-VER", text);
    client.call("HELLO", "2", "SETNAME", text);
    client.call("HELLO", "2", "AUTH", text, text);
    client.call("AUTH", text, text);
    client.call("SET", text, text);
    client.call("GET", text);
    client.call("CONFIG", "SET", "availability-zone", text);
    client.call("CONFIG", "SET", "replica-announce-ip", text);
    client.call("CONFIG", "SET", text, text);
    client.call("DEBUG", "LOG", text);
    client.call("MIGRATE", text, "1", text, "0", "1");
    client.call("PUBLISH", "__sentinel__:hello", hello(text, "10.0.0.9"));
    client.call("PUBLISH", "__sentinel__:hello", hello("group", text));
  }

  private static String hello(String group, String host) {
    return "127.0.0.1,26379," + ID + ",1," + group.replace(',', ';') + "," + host + ",6379,1";
  }

  /** Causes entries in ACL LOG, by a user whose name is as hostile as Redis allows. */
  private static void denied(RespClient client, RespClient user, String text) throws IOException {
    String name = text.replaceAll("[\\s\0]", "\u0001");
    if (client.call("ACL", "SETUSER", name, "on", "nopass", "+@all", "resetkeys", "~a")
        instanceof Reply.Error) {
      return;
    }
    assertThat(user.call("AUTH", name, "x").text()).isEqualTo("OK");
    assertThat(user.call("GET", text)).isInstanceOf(Reply.Error.class);
    assertThat(user.call("PUBLISH", text, text)).isInstanceOf(Reply.Error.class);
  }

  private static void announce(RespClient replica, String text) throws IOException {
    replica.call("REPLCONF", "ip-address", text);
    replica.call("REPLCONF", "capa", text);
    replica.call("REPLCONF", "version", text);
  }

  private void check(RespClient client) throws IOException {
    checkLines(client.call("INFO", "everything").text());
    for (String line : lines(client.call("CLIENT", "LIST").text())) {
      assertThat(line).matches("id=\\d+ addr=.*|");
      assertThat(line.split(" ", -1)).noneMatch(word -> word.startsWith(MARK));
    }
    assertThat(client.call("CLIENT", "INFO").text().strip()).matches("id=\\d+ [^\\p{Cntrl}]*");
    for (Reply entry : client.call("ACL", "LOG").elements()) {
      for (Reply field : entry.elements()) {
        if (field instanceof Reply.Bulk) {
          assertThat(field.text().strip()).doesNotContainPattern("\\p{Cntrl}");
        }
      }
    }
    String metrics = HttpText.body(HttpText.get(watchPort, "/metrics"));
    for (String line : lines(metrics)) {
      assertThat(line)
          .matches("# (HELP|TYPE) .*|[a-z_]+(\\{([a-z_]+=\"([^\"\\\\]|\\\\.)*\",?)*\\})? .*|");
      assertThat(line).doesNotStartWith(MARK);
    }
  }

  private static void checkLines(String info) {
    for (String line : lines(info)) {
      assertThat(line).doesNotStartWith(MARK).doesNotStartWith("# " + MARK);
      assertThat(line).matches("# [A-Z][A-Za-z]+|[a-zA-Z0-9_]+[^:]*:.*|");
    }
  }

  /** The announced address appears between commas. */
  private void checkReplica(int port) throws IOException {
    for (String text : texts) {
      try (RespClient replica = RespClient.connect("127.0.0.1", port);
          RespClient client = RespClient.connect("127.0.0.1", port)) {
        replica.call("REPLCONF", "listening-port", "6380");
        if (replica.call("REPLCONF", "ip-address", text) instanceof Reply.Error) {
          continue;
        }
        replica.send("SYNC");
        await().until(() -> client.call("INFO", "replication").text().contains("slave0:"));
        String info = client.call("INFO", "replication").text();
        checkLines(info);
        assertThat(info)
            .containsPattern(
                "\r\nslave0:ip=[^,=]*,port=6380,state=[a-z_]+,offset=\\d+,lag=\\d+\r\n");
      }
      try (RespClient client = RespClient.connect("127.0.0.1", port)) {
        await().until(() -> client.call("INFO", "replication").text().contains("slaves:0"));
      }
    }
  }

  private static List<String> lines(String text) {
    return ANY_LINE_END.splitAsStream(text).toList();
  }

  /** Checks the second state sent to a page: the first may predate it. */
  private void checkPage() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), watchPort)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      String text = "";
      byte[] read = new byte[1 << 16];
      while (text.split("data: \\{\"kind\"", -1).length < 4) {
        int length = socket.getInputStream().read(read);
        assertThat(length).isPositive();
        text += new String(read, 0, length, ISO_8859_1);
      }
      String lines = text.substring(0, text.lastIndexOf('\n') + 1); // the last may be incomplete
      String all = new String(lines.getBytes(ISO_8859_1), UTF_8);
      assertThat(all).contains(MARK);
      // Events are lines that end in a single \n; nothing else looks like a line end.
      String events =
          all.substring(all.indexOf("\r\n\r\n") + 4).replaceAll("\\p{XDigit}+\r\n|\r\n", "");
      assertThat(events.lines())
          .allMatch(line -> line.matches("(data|event|retry|id): [^\\p{Cntrl}\u2028\u2029]*|"));
    }
  }
}
