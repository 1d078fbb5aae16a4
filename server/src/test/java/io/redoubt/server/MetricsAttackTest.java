package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Hostile clients of {@code metrics-port}: commands are answered during the attack and scrapes
 * after it, and memory does not grow with the number of attackers.
 */
@Timeout(180)
final class MetricsAttackTest {
  /**
   * The memory of 128 connections with headers of 8 KB and buffers; a tenth of the memory of 10
   * 000.
   */
  private static final long MOST_BYTES = 24 << 20;

  private final int port = FreePorts.one();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicLong pings = new AtomicLong();
  private final AtomicLong wrong = new AtomicLong();
  private RedisServer server;
  private Thread pinging;
  private long bytesBefore;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("metrics-port " + port);
    assertThat(get("/metrics")).startsWith("HTTP/1.1 200");
    pinging = Thread.ofPlatform().daemon().name("pings").start(this::ping);
    await().until(() -> pings.get() > 0);
    bytesBefore = usedBytes();
  }

  private void ping() {
    try (RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      while (!over.get()) {
        if (client.call("PING").equals(new Reply.Simple("PONG"))) {
          pings.incrementAndGet();
        } else {
          wrong.incrementAndGet();
        }
      }
    } catch (IOException e) {
      wrong.incrementAndGet();
    }
  }

  @AfterEach
  void stop() throws Exception {
    over.set(true);
    pinging.join();
    server.close();
    assertThat(wrong).hasValue(0);
  }

  /** Returns the bytes on the heap, after a collection, and in direct buffers. */
  private static long usedBytes() {
    System.gc();
    long bytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      bytes += pool.getMemoryUsed();
    }
    return bytes;
  }

  private String get(String path, String... headers) throws IOException {
    return HttpText.get(port, path, headers);
  }

  /**
   * Runs an attack while commands are answered; the attack's sockets stay open until the checks
   * end.
   */
  private void survives(Attack attack) throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try {
      attack.run(sockets);
      assertThat(usedBytes() - bytesBefore).isLessThan(MOST_BYTES);
      long during = pings.get();
      await().atMost(Duration.ofSeconds(30)).until(() -> pings.get() > during + 100);
      assertThat(get("/metrics")).startsWith("HTTP/1.1 200").contains("redis_up 1");
      assertThat(get("/readyz")).startsWith("HTTP/1.1 200");
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  /** Opens sockets and sends something. */
  @FunctionalInterface
  private interface Attack {
    void run(List<Socket> sockets) throws IOException;
  }

  private Socket open(List<Socket> sockets) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    sockets.add(socket);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Writes to a socket that the server may have closed for a newer one. */
  private static void writeIfOpen(Socket socket, String text) throws IOException {
    try {
      write(socket, text);
    } catch (SocketException closed) {
      socket.close();
    }
  }

  @Test
  void slowLoris() throws Exception {
    survives(sockets -> {
      for (int i = 0; i < 1_000; i++) {
        writeIfOpen(open(sockets), "GET /metrics HTTP/1.1\r\nX: ");
      }
      for (int i = 0; i < 20; i++) {
        for (Socket socket : sockets) {
          if (!socket.isClosed()) {
            writeIfOpen(socket, "x");
          }
        }
      }
      // The server may lag, but the requests don't time out so soon.
      await()
          .atMost(Duration.ofSeconds(4))
          .until(() -> sockets.stream().filter(MetricsAttackTest::isOpen).count() <= 128);
    });
  }

  /** Returns true unless the server has closed a connection that it has nothing to send on. */
  private static boolean isOpen(Socket socket) {
    try {
      socket.setSoTimeout(10);
      return !socket.isClosed() && socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException open) {
      return true;
    } catch (IOException reset) {
      return false;
    }
  }

  @Test
  void tenThousandConnections() throws Exception {
    survives(sockets -> {
      for (int i = 0; i < 10_000; i++) {
        open(sockets);
        if (sockets.size() > 500) { // the test is short of descriptors
          sockets.removeFirst().close();
        }
      }
    });
  }

  @Test
  void hugeHeaders() throws Exception {
    String header = "X: " + "x".repeat(7_000) + "\r\n";
    survives(sockets -> {
      for (int i = 0; i < 300; i++) {
        Socket socket = open(sockets);
        writeIfOpen(socket, "GET /metrics HTTP/1.1\r\n" + header);
        for (int more = 0; more < 50 && !socket.isClosed(); more++) {
          writeIfOpen(socket, header);
        }
      }
    });
    assertThat(get("/metrics", "X: " + "x".repeat(9_000))).startsWith("HTTP/1.1 431");
  }

  @Test
  void otherOrigins() throws Exception {
    survives(sockets -> {
      for (int i = 0; i < 200; i++) {
        assertThat(get("/metrics", "Origin: https://evil.example"))
            .doesNotContainIgnoringCase("access-control-allow");
        assertThat(HttpText.request(port, "GET / HTTP/1.1\r\nHost: evil.example\r\n"))
            .startsWith("HTTP/1.1 421");
        assertThat(
                HttpText.request(
                    port,
                    "OPTIONS /metrics HTTP/1.1\r\nHost: localhost\r\n"
                        + "Origin: https://evil.example\r\n"
                        + "Access-Control-Request-Method: GET\r\n"))
            .startsWith("HTTP/1.1 405");
      }
    });
  }

  @Test
  void scrapesThatAreNotRead() throws Exception {
    String requests = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    survives(sockets -> {
      for (int i = 0; i < 200; i++) {
        writeIfOpen(open(sockets), requests);
      }
    });
  }
}
