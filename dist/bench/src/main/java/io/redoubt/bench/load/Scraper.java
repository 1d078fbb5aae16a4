package io.redoubt.bench.load;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Scrapes {@code /metrics} of a server every few seconds, as Prometheus does. */
public final class Scraper implements AutoCloseable {
  private static final long PERIOD_SECONDS = 5;

  /**
   * The number of scrapes during which Java compiles their code; the server renews metrics once a
   * second.
   */
  private static final int WARM_UP_SCRAPES = 40;

  private static final long WARM_UP_PERIOD_MILLIS = 1_100;
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final byte[] REQUEST =
      "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final int port;
  private final CountDownLatch warm = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();

  /** Starts scraping a port of this machine. */
  public Scraper(int port) {
    this.port = port;
    Thread.ofPlatform().daemon().name("scraper").start(this::run);
  }

  private void run() {
    try {
      for (int i = 0; i < WARM_UP_SCRAPES; i++) {
        scrape(port);
        if (end.await(WARM_UP_PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
      warm.countDown();
      do {
        scrape(port);
      } while (!end.await(PERIOD_SECONDS, TimeUnit.SECONDS));
    } catch (IOException e) {
      failure.set(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      warm.countDown();
    }
  }

  /** Scrapes a port of this machine once, and returns the metrics. */
  public static String scrape(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(REQUEST);
      String reply =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      if (!reply.startsWith("HTTP/1.1 200")) {
        throw new IOException("no metrics: " + reply.lines().findFirst().orElse(""));
      }
      return reply;
    }
  }

  /** Waits until the code of scrapes is warm. */
  public void awaitWarm() throws IOException, InterruptedException {
    warm.await();
    check();
  }

  /** Throws the failure of a scrape. */
  public void check() throws IOException {
    IOException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }

  @Override
  public void close() {
    end.countDown();
  }
}
