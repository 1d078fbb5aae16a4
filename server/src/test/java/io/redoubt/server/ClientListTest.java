package io.redoubt.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CLIENT LIST of many clients, which is built in slices. */
@ServerTest
final class ClientListTest {
  private static final int CLIENTS = 400;
  private static final Pattern ID = Pattern.compile("(?m)^id=([0-9]+) ");

  private final RedisServer server;
  private final Dialogue redis;
  private final Dialogue other;
  private final List<Socket> sockets = new ArrayList<>();

  ClientListTest(RedisServer server, Dialogue redis, Dialogue other) {
    this.server = server;
    this.redis = redis;
    this.other = other;
  }

  @BeforeEach
  void connect() throws IOException {
    for (int i = 0; i < CLIENTS; i++) {
      sockets.add(socket());
    }
    await().until(() -> ids(redis.text("CLIENT LIST")).size() >= CLIENTS + 2);
  }

  @AfterEach
  void disconnect() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private Socket socket() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.port());
  }

  /** Returns the ids of a list, none of which may occur twice. */
  private static Set<Long> ids(String list) {
    Set<Long> ids = new HashSet<>();
    for (Matcher matcher = ID.matcher(list); matcher.find(); ) {
      assertThat(ids.add(Long.valueOf(matcher.group(1)))).isTrue();
    }
    return ids;
  }

  @Test
  void servesOthersMeanwhile() throws Exception {
    var over = new AtomicBoolean();
    try (Socket busy = socket()) {
      CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> writeUntil(over, busy));
      await().until(() -> other.ask("EXISTS served").equals("(integer) 1"));
      await().until(this::othersAreServed);
      over.set(true);
      writer.get();
    }
  }

  /** Sends requests in one read, between which nothing runs unless the list is built in slices. */
  private boolean othersAreServed() throws IOException {
    redis.client().sendRaw("DEL served\r\nCLIENT LIST\r\nEXISTS served\r\n");
    redis.client().receive();
    redis.client().receive();
    return ((Reply.Integer) redis.client().receive()).value() == 1;
  }

  private static void writeUntil(AtomicBoolean over, Socket socket) {
    try {
      socket.getOutputStream().write("CLIENT REPLY OFF\r\n".getBytes(US_ASCII));
      while (!over.get()) {
        socket.getOutputStream().write("INCR served\r\n".repeat(100).getBytes(US_ASCII));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void listsEachClientOnceWhileOthersComeAndGo() throws Exception {
    Set<Long> before = ids(other.text("CLIENT LIST"));
    long own = redis.integer("CLIENT ID");
    List<Socket> leaving = List.copyOf(sockets.subList(CLIENTS / 2, CLIENTS));
    for (int i = 0; i < 40; i++) {
      redis.client().sendRaw("CLIENT LIST\r\n");
      for (Socket socket : leaving.subList(5 * i, 5 * i + 5)) {
        socket.close();
      }
      sockets.add(socket());
      String list = redis.client().receive().text();
      assertThat(list)
          .contains("id=" + own + " ")
          .containsPattern("(?m)^id=" + own + " .* flags=N ");
      assertThat(ids(list)).hasSizeGreaterThan(CLIENTS / 2);
    }
    Set<Long> left = ids(other.text("CLIENT LIST"));
    left.retainAll(before);
    assertThat(ids(redis.text("CLIENT LIST"))).containsAll(left);
  }

  @Test
  void listsAtOnceWithinATransaction() {
    redis.says("MULTI", "OK");
    redis.says("CLIENT LIST", "QUEUED");
    Reply replies = redis.reply("EXEC");
    assertThat(ids(((Reply.Array) replies).elements().getFirst().text()))
        .hasSizeGreaterThanOrEqualTo(CLIENTS + 2);
  }

  @Test
  void unblocksAWaitingList() throws Exception {
    long id = redis.integer("CLIENT ID");
    redis.client().sendRaw("CLIENT LIST\r\nPING\r\n");
    other.integer("CLIENT UNBLOCK " + id);
    redis.client().receive(); // the list, or the error if it was in time
    redis.hears("PONG");
  }
}
