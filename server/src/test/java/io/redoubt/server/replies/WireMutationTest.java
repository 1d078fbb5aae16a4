package io.redoubt.server.replies;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Sends mutated requests, split at any byte, in both protocols: each connection gets the replies
 * due to its complete requests, and at most one protocol error, before it ends. {@code
 * -Dredoubt.mutations=N} runs N requests.
 */
final class WireMutationTest {
  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 30_000);
  private static final int HANG_SECONDS = 60;
  private static final int ASK_EVERY = 1000;

  /** The limit of memory; an announced argument that never arrives may reserve its length. */
  private static final long MAX_BYTES = 64L << 20;

  /** The memory that a server holds after its first connections: buffers, tables. */
  private static final long LASTING_BYTES = 4L << 20;

  private final Random random = Seed.random("WireMutationTest");
  private final MutatedRequests mutated = new MutatedRequests(random);
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 14);

  @Test
  void repliesToEachConnectionInOrder() throws Exception {
    Path folder = Files.createTempDirectory("wire");
    Path path = folder.resolve("s");
    try (RedisServer server = TestServers.start("unixsocket " + path);
        RespClient control = RespClient.connect("127.0.0.1", server.port());
        ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor()) {
      long before = 0;
      long violations = 0;
      int connections = MUTATIONS / MutatedRequests.REQUESTS;
      for (int i = 0; i < connections; i++) {
        violations += converse(path, control, watch) ? 1 : 0;
        if (i % ASK_EVERY == 0) {
          control.call("FLUSHALL");
          long used = memory(control, "used_memory");
          assertThat(memory(control, "used_memory_peak")).as("peak").isLessThan(MAX_BYTES);
          before = before == 0 ? used : before;
          assertThat(used).as("memory after connections").isLessThan(before + LASTING_BYTES);
        }
      }
      assertThat(control.call("PING").text()).isEqualTo("PONG");
      System.out.printf(
          "WireMutationTest: %d requests in %d connections, %d with a violation, peak of %d"
              + " bytes%n",
          connections * MutatedRequests.REQUESTS,
          connections,
          violations,
          memory(control, "used_memory_peak"));
      assertThat(violations).isBetween(connections / 10L, connections * 9L / 10);
    } finally {
      Files.deleteIfExists(path);
      Files.delete(folder);
    }
  }

  private static long memory(RespClient control, String field) throws IOException {
    String info = control.call("INFO", "memory").text();
    return Long.parseLong(info.split(field + ":")[1].split("\r\n")[0]);
  }

  /** Sends one pipeline and checks the replies; returns true if it violated the protocol. */
  private boolean converse(Path path, RespClient control, ScheduledExecutorService watch)
      throws IOException {
    byte[] bytes = mutated.next(random.nextBoolean() ? "HELLO 3\r\n" : "FLUSHALL\r\n");
    byte[][] pieces = mutated.pieces(bytes);
    var expected = new ExpectedRequests(bytes);
    String what = Arrays.stream(pieces).map(Quoting::quote).toList().toString();
    List<Reply> replies = new ArrayList<>();
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      ScheduledFuture<?> hang =
          watch.schedule(() -> close(channel), HANG_SECONDS, TimeUnit.SECONDS);
      channel.connect(UnixDomainSocketAddress.of(path));
      boolean refused = send(channel, pieces, control);
      assertThat(refused && !expected.isViolated()).as("closed while sending %s", what).isFalse();
      read(channel, replies);
      hang.cancel(false);
    } catch (IOException | ProtocolException e) {
      fail("after " + replies + " to " + what, e);
    }
    assertThat(replies).as("replies to %s", what).hasSize(expected.replies());
    check(expected, replies, what);
    return expected.isViolated();
  }

  private static void close(SocketChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends everything and the end of input; returns true if the server closed before. */
  private boolean send(SocketChannel channel, byte[][] pieces, RespClient control) {
    try {
      for (byte[] piece : pieces) {
        channel.write(ByteBuffer.wrap(piece));
        if (random.nextInt(4) == 0) {
          control.call("PING"); // the server reads the piece alone, in this turn at the latest
        }
      }
      channel.shutdownOutput();
      return false;
    } catch (IOException closed) {
      return true;
    }
  }

  private void read(SocketChannel channel, List<Reply> replies)
      throws IOException, ProtocolException {
    var decoder = new ReplyDecoder();
    while (true) {
      buffer.clear();
      int count;
      try {
        count = channel.read(buffer);
      } catch (ClosedChannelException e) {
        throw e; // the watch closed the connection
      } catch (IOException reset) {
        count = -1; // closed with unread input
      }
      if (count < 0) {
        assertThat(decoder.rest()).as("a reply that does not end").isEmpty();
        return;
      }
      decoder.feed(buffer.array(), 0, count);
      for (Reply reply = decoder.next(); reply != null; reply = decoder.next()) {
        replies.add(reply);
      }
    }
  }

  /** Compares the replies that depend only on their request, to detect a shift. */
  private static void check(ExpectedRequests expected, List<Reply> replies, String what) {
    for (int i = 0; i < expected.requests().size(); i++) {
      List<byte[]> words = expected.requests().get(i);
      String name = new String(words.get(0), ISO_8859_1).toUpperCase(Locale.ROOT);
      if (name.equals("MULTI")) {
        break; // later commands are queued
      }
      Reply reply = replies.get(i);
      if (name.equals("ECHO") && words.size() == 2) {
        assertThat(reply).isInstanceOf(Reply.Bulk.class);
        assertThat(((Reply.Bulk) reply).bytes())
            .as("reply %d to %s", i, what)
            .isEqualTo(words.get(1));
      } else if (name.equals("PING") && words.size() == 1) {
        assertThat(reply.text()).as("reply %d to %s", i, what).isEqualTo("PONG");
      }
      assertThat(reply.toString()).as("reply to %s", what).doesNotContain("internal error");
    }
    if (expected.isViolated()) {
      assertThat(replies.getLast().toString())
          .as("last reply to %s", what)
          .contains("Protocol error");
    }
  }
}
