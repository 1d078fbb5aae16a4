package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.http.Access;
import io.redoubt.protocol.http.Published;
import io.redoubt.protocol.http.WatchServer;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Clock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The page in a browser with states of the longest texts: the script {@code layout-page.js} reports
 * the layout on a wide and on a narrow screen. Then the maximum of pages is opened, and the server
 * is lost.
 */
@Timeout(600)
final class PageLayoutIT {
  private static final int MAX_PAGES = 16;
  private static final int SAMPLES = 290;
  private static final long INTERVAL_MILLIS = 500;
  private static final String FAILOVER =
      """
      {"at":1795868386688,"type":"failover","phases":{"detection":2100,"election":5200,\
      "selection":0,"promotion":710,"reconfiguration":300},"lost":2,\
      "text":"of mymaster took 8,310 ms from the last valid reply of the old master"}\
      """;

  private final int port = FreePorts.one();
  private final ScheduledExecutorService owner = Executors.newSingleThreadScheduledExecutor();
  private volatile Supplier<String> state = PageStates::server;
  private WatchServer server;
  private Future<?> states;

  @AfterEach
  void stop() {
    kill();
    owner.shutdownNow();
  }

  private void start() throws IOException {
    Clock clock = Clock.system();
    server =
        new WatchServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            Set.of(),
            null,
            clock,
            () -> {});
    server.publish(
        new Published(
            clock.monotonicNanos(),
            clock.monotonicNanos(),
            new MetricsSnapshot(),
            "",
            new Access(Access.Right.PAGE, Map.of())));
    long now = System.currentTimeMillis();
    for (int i = SAMPLES; i > 0; i--) {
      long at = now - i * 1000L;
      long total = at + (long) (500 * Math.sin(i / 9.0));
      server.addSample(
          List.of("at", "commands", "input", "output", "busyNanos"),
          new long[] {at, total, total, total, total});
    }
    server.addEvent(FAILOVER);
    WatchServer shown = server;
    states =
        owner.scheduleAtFixedRate(
            () -> shown.sendState(state.get()), 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void kill() {
    if (server != null) {
      states.cancel(false);
      server.close();
    }
  }

  @Test
  void fitsAnyTextAndAdmitsWhatItDoesNotKnow() throws Exception {
    Browser.assumeInstalled();
    start();
    List<Socket> others = new ArrayList<>();
    try (Browser browser =
        new Browser("layout-page.js", List.of("http://127.0.0.1:" + port + "/"))) {
      browser.awaitSeen("SERVER");
      state = PageStates::cluster;
      browser.next();
      browser.awaitSeen("CLUSTER");
      state = PageStates::sentinel;
      browser.next();
      browser.awaitSeen("SENTINEL");
      for (int i = 1; i < MAX_PAGES; i++) {
        others.add(watch());
      }
      browser.next();
      browser.awaitSeen("FULL");
      others.removeLast().close();
      browser.next();
      browser.awaitSeen("OPEN");
      kill();
      browser.next();
      browser.awaitSeen("LOST");
      start();
      browser.next();
      browser.awaitDone();
    } finally {
      for (Socket other : others) {
        other.close();
      }
    }
    assertThat(Browser.PICTURES.resolve("killed-400-dark.png")).isNotEmptyFile();
  }

  private Socket watch() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket
        .getOutputStream()
        .write(
            "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    assertThat(socket.getInputStream().read()).isEqualTo('H');
    return socket;
  }
}
