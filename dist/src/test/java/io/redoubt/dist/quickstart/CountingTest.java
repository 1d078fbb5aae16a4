package io.redoubt.dist.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The counting client with a node that is silent for a while or loses increments. */
final class CountingTest {

  /** A node that answers INCR, WAIT and GET of one counter. */
  private static final class FakeNode implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private final AtomicInteger connections = new AtomicInteger();
    private final AtomicLong value = new AtomicLong();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch speaks;

    FakeNode(boolean silent) throws IOException {
      speaks = new CountDownLatch(silent ? 1 : 0);
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return listener.getLocalPort();
    }

    private void accept() {
      try {
        while (true) {
          Socket socket = listener.accept();
          connections.incrementAndGet();
          Thread.ofVirtual().start(() -> serve(socket));
        }
      } catch (IOException e) {
        // Closed.
      }
    }

    private void serve(Socket socket) {
      try (socket) {
        socket.setTcpNoDelay(true);
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          switch (line) {
            case "INCR" -> {
              asked.countDown();
              speaks.await();
              write(socket, ":" + value.incrementAndGet() + "\r\n");
            }
            case "WAIT" -> write(socket, ":1\r\n");
            case "GET" -> {
              String digits = Long.toString(value.get());
              write(socket, "$" + digits.length() + "\r\n" + digits + "\r\n");
            }
            default -> {}
          }
        }
      } catch (IOException | InterruptedException e) {
        // The client has closed.
      }
    }

    private static void write(Socket socket, String reply) throws IOException {
      socket.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }

  @Test
  void theProgressIsReadWhileANodeIsSilent() throws Exception {
    try (FakeNode node = new FakeNode(true);
        Counting counting = new Counting(List.of(node.port()), List.of("counter"))) {
      node.asked.await();
      assertThat(counting.progress().acknowledged()).isZero();
      counting.verify();
      node.speaks.countDown();
      Awaitility.await().until(() -> counting.progress().acknowledged() > 0);
      // One each of the writer and the reader: the writer did not have to time out.
      assertThat(node.connections.get()).isEqualTo(2);
    }
  }

  @Test
  void comparesWhileTheCountGoesOnAndNamesALoss() throws Exception {
    try (FakeNode node = new FakeNode(false);
        Counting counting = new Counting(List.of(node.port()), List.of("counter"))) {
      for (int i = 0; i < 100; i++) {
        counting.verify();
      }
      Awaitility.await().until(() -> counting.progress().acknowledged() > 0);
      node.value.set(-1_000_000);
      assertThatThrownBy(counting::verify)
          .isInstanceOf(Steps.Failure.class)
          .hasMessageContaining("counter is -")
          .hasMessageContaining("acknowledged increments");
    }
  }
}
