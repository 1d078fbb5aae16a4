package io.redoubt.bench.load;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A collector of pushed metrics that drops them. */
public final class PushSink implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final HttpServer http;
  private final Semaphore pushes = new Semaphore(0);

  /** Listens on a free port of this machine. */
  public PushSink() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          try (exchange;
              InputStream body = exchange.getRequestBody()) {
            body.transferTo(OutputStream.nullOutputStream());
            exchange.sendResponseHeaders(200, -1);
            pushes.release();
          }
        });
    http.start();
  }

  /** Returns the URL for {@code metrics-otlp-url}. */
  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/v1/metrics";
  }

  /**
   * Waits for so many more pushes.
   *
   * @throws IOException if they don't come
   */
  public void await(int more) throws IOException, InterruptedException {
    pushes.drainPermits();
    for (int i = 0; i < more; i++) {
      if (!pushes.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("no metrics are pushed");
      }
    }
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
