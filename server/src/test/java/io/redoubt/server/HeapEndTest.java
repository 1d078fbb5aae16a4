package io.redoubt.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server process with a small Java heap keeps its data and survives clients that try to fill the
 * heap.
 */
@Timeout(60)
final class HeapEndTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int WORDS = 200_000;
  private static final int LARGE_BYTES = 24 << 20;

  /** The size of a value that replies refer to, and a number of them that exceeds the heap. */
  private static final int UNREAD_BYTES = 17_000;

  private static final int UNREAD_VALUES = 70_000;

  @TempDir Path folder;
  private ServerProcess server;

  @BeforeEach
  void start() throws Exception {
    server =
        ServerProcess.start(
            folder,
            List.of("-Xmx48m", "-Xss512k", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
    ask("SET", "a", "b");
    ask("RPUSH", "list", "x", "y");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private String ask(String... words) throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port(), TIMEOUT_MILLIS)) {
      return client.call(words).toString();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "WATCH", "SCRIPT LOAD", "ACL SETUSER"})
  void survivesManyRequests(String command) throws Exception {
    String digest = ask("DEBUG", "DIGEST");
    try (Socket hostile = connect()) {
      Thread reader = discardReplies(hostile);
      byte[] name = "n".repeat(300).getBytes(US_ASCII);
      ByteArrayOutputStream requests = new ByteArrayOutputStream();
      OutputStream out = hostile.getOutputStream();
      for (int i = 0; i < WORDS; i++) {
        String[] words = command.split(" ");
        byte[] last =
            (command.startsWith("SCRIPT") ? "return " + i : name(name, i)).getBytes(US_ASCII);
        requests.writeBytes(("*" + (words.length + 1) + "\r\n").getBytes(US_ASCII));
        for (String word : words) {
          bulk(requests, word.getBytes(US_ASCII));
        }
        bulk(requests, last);
        if (requests.size() > 100_000) {
          if (!send(out, requests)) {
            break;
          }
        }
      }
      send(out, requests);
      survived(digest);
      hostile.shutdownInput();
      reader.join();
    }
    await().atMost(PATIENCE).until(() -> !ask("EVAL", "return 1", "0").contains("OOM"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SUBSCRIBE", "WATCH", "BLPOP", "EVAL", "CLIENT SETNAME", "nonsense"})
  void survivesLargeArguments(String command) throws Exception {
    String digest = ask("DEBUG", "DIGEST");
    List<Socket> hostile = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Socket socket = connect();
      hostile.add(socket);
      discardReplies(socket);
      String[] words = command.split(" ");
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.writeBytes(("*" + (words.length + 2) + "\r\n").getBytes(US_ASCII));
      for (String word : words) {
        bulk(request, word.getBytes(US_ASCII));
      }
      bulk(request, "x".repeat(LARGE_BYTES).getBytes(US_ASCII));
      bulk(request, "0".getBytes(US_ASCII));
      send(socket.getOutputStream(), request);
    }
    survived(digest);
    for (Socket socket : hostile) {
      socket.close();
    }
  }

  /** Sentinels' messages are text on the heap, and anyone may send one. */
  @Test
  void survivesLargeMessagesOfSentinels() throws Exception {
    String digest = ask("DEBUG", "DIGEST");
    String message = "x".repeat(LARGE_BYTES);
    assertThat(ask("PUBLISH", "__sentinel__:hello", message)).contains("0");
    ask("CONFIG", "SET", "sentinel-lease", "yes");
    assertThat(ask("PING", message)).isNotEmpty();
    survived(digest);
  }

  @Test
  void survivesARequestOfManyArguments() throws Exception {
    String digest = ask("DEBUG", "DIGEST");
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(("*" + (WORDS + 1) + "\r\n").getBytes(US_ASCII));
    bulk(request, "SUBSCRIBE".getBytes(US_ASCII));
    for (int i = 0; i < WORDS; i++) {
      bulk(request, Integer.toString(i).getBytes(US_ASCII));
    }
    try (Socket hostile = connect()) {
      hostile.getOutputStream().write(request.toByteArray());
      byte[] reply = hostile.getInputStream().readNBytes(70);
      assertThat(new String(reply, US_ASCII)).startsWith("-OOM command not allowed: the Java heap");
    }
    survived(digest);
  }

  /** Each value goes to its socket by reference, with objects of its own, as far as few do. */
  @Test
  void survivesRepliesThatNobodyReads() throws Exception {
    ask("SET", "value", "x".repeat(UNREAD_BYTES));
    String digest = ask("DEBUG", "DIGEST");
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(("*" + (UNREAD_VALUES + 1) + "\r\n").getBytes(US_ASCII));
    bulk(request, "MGET".getBytes(US_ASCII));
    for (int i = 0; i < UNREAD_VALUES; i++) {
      bulk(request, "value".getBytes(US_ASCII));
    }
    try (RespClient idle = RespClient.connect("127.0.0.1", server.port(), TIMEOUT_MILLIS);
        Socket hostile = connect()) {
      assertThat(idle.call("PING").text()).isEqualTo("PONG");
      send(hostile.getOutputStream(), request);
      await().atMost(PATIENCE).until(() -> idle.call("CLIENT", "LIST").text().contains("cmd=mget"));
      survived(digest);
      assertThat(idle.call("PING").text()).isEqualTo("PONG");
    }
  }

  private void survived(String digest) throws IOException {
    assertThat(server.isAlive()).isTrue();
    await().atMost(PATIENCE).ignoreExceptions().until(() -> ask("PING").contains("PONG"));
    assertThat(ask("DEBUG", "DIGEST")).isEqualTo(digest);
    assertThat(ask("SET", "other", "b")).contains("OK");
    assertThat(ask("DEL", "other")).contains("1");
    assertThat(server.log()).doesNotContain("\tat ");
  }

  private static String name(byte[] filler, int number) {
    return number + new String(filler, US_ASCII);
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.port());
  }

  /** Returns false if the server has closed the connection, which is permitted. */
  private static boolean send(OutputStream out, ByteArrayOutputStream bytes) {
    try {
      bytes.writeTo(out);
      bytes.reset();
      return true;
    } catch (IOException closed) {
      return false;
    }
  }

  private static void bulk(ByteArrayOutputStream to, byte[] word) {
    to.writeBytes(("$" + word.length + "\r\n").getBytes(US_ASCII));
    to.writeBytes(word);
    to.writeBytes("\r\n".getBytes(US_ASCII));
  }

  private static Thread discardReplies(Socket from) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            from.getInputStream().transferTo(OutputStream.nullOutputStream());
          } catch (IOException closed) {
            // Either end may close.
          }
        });
  }
}
