package io.redoubt.server.command.key;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RESTORE of values that take many slices, between which the server serves other clients. */
final class SlicedRestoreTest {
  private static final int FIRST_FIELDS = 20_000;

  private RedisServer server;
  private RespClient other;
  private RespClient restoring;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start();
    other = client();
    restoring = client();
  }

  @AfterEach
  void stop() throws Exception {
    other.close();
    restoring.close();
    server.close();
  }

  private RespClient client() throws IOException {
    return RespClient.connect("127.0.0.1", server.port());
  }

  private static String text(Reply reply) {
    return switch (reply) {
      case Reply.Error error -> error.message();
      case Reply.Integer(long value) -> Long.toString(value);
      default -> reply.text();
    };
  }

  private String ask(String request) throws IOException {
    return text(other.call(request.split(" ")));
  }

  private byte[] payload(int fields) throws IOException {
    other.call("DEL", "from");
    for (int i = 0; i < fields; i += 1000) {
      List<String> request = new ArrayList<>(List.of("HSET", "from"));
      for (int j = i; j < i + 1000; j++) {
        request.addAll(List.of("field:" + j, "value:" + j));
      }
      other.call(request.toArray(String[]::new));
    }
    return ((Reply.Bulk) other.call("DUMP", "from")).bytes();
  }

  private static byte[] request(byte[] payload, String... options) {
    byte[][] words = new byte[4 + options.length][];
    words[0] = "RESTORE".getBytes(ISO_8859_1);
    words[1] = "k".getBytes(ISO_8859_1);
    words[2] = "0".getBytes(ISO_8859_1);
    words[3] = payload;
    for (int i = 0; i < options.length; i++) {
      words[4 + i] = options[i].getBytes(ISO_8859_1);
    }
    return RequestEncoder.encode(words);
  }

  /** Executes a request during another client's RESTORE; returns its reply. */
  private String meanwhile(String request, String... options) throws IOException {
    for (int fields = FIRST_FIELDS; ; fields *= 2) {
      byte[] restore = request(payload(fields), options);
      restoring.sendRaw(restore);
      String busy = "";
      while (!busy.contains("blocked_clients:1\r\n") && !ask("EXISTS k").equals("1")) {
        busy = ask("INFO clients");
      }
      List<Reply> replies =
          other.pipeline(List.of(new String[] {"INFO", "clients"}, request.split(" ")));
      if (text(replies.getFirst()).contains("blocked_clients:1\r\n")) {
        return text(replies.getLast());
      }
      restoring.close(); // the RESTORE was too fast
      restoring = client();
      other.call("REPLICAOF", "NO", "ONE"); // the request may have made it a replica
      other.call("DEL", "k");
    }
  }

  @Test
  void servesOthersWhoDoNotSeeThePart() throws IOException {
    assertThat(meanwhile("EXISTS k")).isEqualTo("0");
    restoring.send("EXISTS", "k"); // executed afterwards
    assertThat(text(restoring.receive())).isEqualTo("OK");
    assertThat(text(restoring.receive())).isEqualTo("1");
    assertThat(other.call("DEBUG", "DIGEST-VALUE", "k"))
        .isEqualTo(other.call("DEBUG", "DIGEST-VALUE", "from"));
  }

  @Test
  void refusesAKeyThatWasMadeMeanwhile() throws IOException {
    assertThat(meanwhile("SET k 1")).isEqualTo("OK");
    assertThat(text(restoring.receive())).startsWith("BUSYKEY");
    assertThat(ask("GET k")).isEqualTo("1");
  }

  @Test
  void replacesAKeyThatWasMadeMeanwhile() throws IOException {
    assertThat(meanwhile("SET k 1 EX 1000", "REPLACE")).isEqualTo("OK");
    assertThat(text(restoring.receive())).isEqualTo("OK");
    assertThat(ask("TYPE k")).isEqualTo("hash");
    assertThat(ask("TTL k")).isEqualTo("-1");
  }

  @Test
  void dropsThePartOfAClientThatIsGone() throws IOException {
    assertThat(meanwhile("CLIENT KILL TYPE normal")).isEqualTo("1");
    assertThat(ask("INFO clients")).contains("blocked_clients:0\r\n");
    assertThat(ask("EXISTS k")).isEqualTo("0");
  }

  @Test
  void endsWhenTheServerBecomesAReplica() throws IOException {
    assertThat(meanwhile("REPLICAOF 127.0.0.1 1")).isEqualTo("OK");
    assertThat(text(restoring.receive())).startsWith("UNBLOCKED");
    assertThat(ask("EXISTS k")).isEqualTo("0");
  }

  @Test
  void refusesCorruptPayloads() throws IOException {
    byte[] payload = payload(FIRST_FIELDS);
    payload[payload.length / 2] ^= 1;
    restoring.sendRaw(request(payload));
    assertThat(text(restoring.receive()))
        .isEqualTo("ERR DUMP payload version or checksum are wrong");
    assertThat(ask("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1")).isEqualTo("OK");
    byte[] cut = Arrays.copyOf(payload, payload.length - 40);
    cut[cut.length - 10] = 9; // the version, whose position the cut has moved
    cut[cut.length - 9] = 0;
    restoring.sendRaw(request(cut));
    assertThat(text(restoring.receive())).isEqualTo("ERR Bad data format");
    assertThat(ask("EXISTS k")).isEqualTo("0");
  }
}
