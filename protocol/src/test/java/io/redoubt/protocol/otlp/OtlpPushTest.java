package io.redoubt.protocol.otlp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.metrics.Metric;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Threads;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pushes to collectors that misbehave below HTTP. */
@Timeout(60)
final class OtlpPushTest {
  private static final Metric METRIC = Metric.gauge("redis_up", "1: it answers.");

  private final CountDownLatch ended = new CountDownLatch(1);
  private final CountDownLatch requested = new CountDownLatch(1);

  /** Replies on a connection until an exception ends it. */
  private interface Behaviour {
    void reply(OutputStream out) throws IOException, InterruptedException;
  }

  private ServerSocket listen(Behaviour behaviour) throws IOException {
    ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    Threads.ofSystem()
        .unstarted(
            "collector",
            () -> {
              try (Socket socket = listener.accept()) {
                assertThat(socket.getInputStream().read()).isEqualTo('P'); // of POST
                requested.countDown();
                behaviour.reply(socket.getOutputStream());
              } catch (IOException | InterruptedException e) {
                ended.countDown();
              }
            })
        .start();
    return listener;
  }

  private static OtlpPush push(ServerSocket listener) {
    return new OtlpPush(
        new Collector("http://127.0.0.1:" + listener.getLocalPort() + "/v1/metrics", Map.of(), 0),
        Map.of(),
        Clock.system(),
        Threads.ofSystem());
  }

  private static MetricsSnapshot snapshot() {
    MetricsSnapshot snapshot = new MetricsSnapshot();
    snapshot.add(METRIC, 1);
    return snapshot;
  }

  @Test
  void readsNoMoreThanTheStartOfAnEndlessReply() throws Exception {
    byte[] chunk = ("4000\r\n" + "x".repeat(0x4000) + "\r\n").getBytes(US_ASCII);
    try (ServerSocket listener =
        listen(out -> {
          out.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(US_ASCII));
          while (true) {
            out.write(chunk);
          }
        })) {
      push(listener).send(snapshot());
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void takesNoEndlessHeaders() throws Exception {
    byte[] header = ("X: " + "x".repeat(1000) + "\r\n").getBytes(US_ASCII);
    try (ServerSocket listener =
        listen(out -> {
          out.write("HTTP/1.1 200 OK\r\n".getBytes(US_ASCII));
          while (true) {
            out.write(header);
          }
        })) {
      assertThatThrownBy(() -> push(listener).send(snapshot())).isInstanceOf(IOException.class);
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aPushIsBrokenOff() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    try (ServerSocket listener = listen(out -> never.await())) {
      OtlpPush push = push(listener);
      CompletableFuture<Void> sent = new CompletableFuture<>();
      Threads.ofSystem()
          .unstarted(
              "push",
              () -> {
                try {
                  push.send(snapshot());
                  sent.complete(null);
                } catch (IOException e) {
                  sent.completeExceptionally(e);
                }
              })
          .start();
      assertThat(requested.await(30, TimeUnit.SECONDS)).isTrue();
      push.abort();
      assertThatThrownBy(sent::join)
          .isInstanceOf(CompletionException.class)
          .hasMessageContaining("takes too long");
      never.countDown();
    }
  }
}
