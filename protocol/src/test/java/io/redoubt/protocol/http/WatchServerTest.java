package io.redoubt.protocol.http;

import static io.redoubt.protocol.http.HttpText.body;
import static io.redoubt.protocol.http.HttpText.get;
import static io.redoubt.protocol.http.HttpText.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.http.Access.Account;
import io.redoubt.protocol.http.Access.Right;
import io.redoubt.protocol.metrics.Labels;
import io.redoubt.protocol.metrics.Metric;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.process.Clock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The HTTP server against ordinary and hostile clients. */
@Timeout(90)
final class WatchServerTest {
  /** The time for which metrics remain fresh, longer than a test. */
  private static final long FRESH_NANOS = 1_000_000_000_000L;

  private static final Metric VALUE = Metric.gauge("redoubt_value", "A value.");
  private static final String HASH_OF_SECRET =
      "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

  private static final List<String> FILES =
      List.of(
          "page.css",
          "page.js",
          "dom.js",
          "topology.js",
          "charts.js",
          "connection.js",
          "actions.js",
          "timeline.js",
          "icon.svg");

  private final Clock clock = Clock.system();
  private final AtomicInteger taken = new AtomicInteger();
  private WatchServer server;
  private int port;

  @BeforeEach
  void start() throws IOException {
    server =
        new WatchServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Set.of("redis-1"),
            null,
            clock,
            taken::incrementAndGet);
    port = server.port();
    publish(new Access(Right.PAGE, Map.of()), "");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void publish(Access access, String unready) {
    MetricsSnapshot snapshot = new MetricsSnapshot();
    snapshot.add(VALUE, Labels.of("name", "a\"\\\n"), 1.5);
    long now = clock.monotonicNanos();
    server.publish(new Published(now, now + FRESH_NANOS, snapshot, unready, access));
  }

  @Test
  void servesMetricsInTheFormatAskedFor() throws IOException {
    assertThat(get(port, "/metrics"))
        .startsWith("HTTP/1.1 200")
        .containsIgnoringCase("content-type: text/plain; version=0.0.4")
        .contains("# TYPE redoubt_value gauge\nredoubt_value{name=\"a\\\"\\\\_\"} 1.5\n")
        .contains("redoubt_jvm_threads ")
        .doesNotContain("# EOF");
    assertThat(get(port, "/metrics", "Accept: application/openmetrics-text;version=1.0.0"))
        .containsIgnoringCase("content-type: application/openmetrics-text; version=1.0.0")
        .contains("# TYPE redoubt_jvm_gc_collections counter\nredoubt_jvm_gc_collections_total{")
        .endsWith("\n# EOF\n");
  }

  @Test
  void asksForMetricsOnDemandAndAdmitsThatThereAreNone() throws IOException {
    long now = clock.monotonicNanos();
    server.publish(
        new Published(
            now,
            now - 60_000_000_000L,
            new MetricsSnapshot(),
            "",
            new Access(Right.PAGE, Map.of())));
    assertThat(get(port, "/readyz")).startsWith("HTTP/1.1 200");
    assertThat(taken).hasValue(0);
    assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 503"); // no client reads them
    assertThat(taken).hasValue(1);
    publish(new Access(Right.PAGE, Map.of()), "");
    assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
    assertThat(taken).hasValue(1);
  }

  @Test
  void servesThePageWithoutForeignContent() throws IOException {
    String page = get(port, "/");
    assertThat(page)
        .startsWith("HTTP/1.1 200")
        .contains("default-src 'none'")
        .containsIgnoringCase("x-frame-options: DENY")
        .doesNotContainIgnoringCase("access-control-allow")
        .doesNotContain("http://", "https://");
    for (String file : FILES) {
      assertThat(get(port, "/" + file)).as(file).startsWith("HTTP/1.1 200");
    }
    assertThat(get(port, "/../page.css")).startsWith("HTTP/1.1 404");
    assertThat(get(port, "/package-info.class")).startsWith("HTTP/1.1 404");
  }

  @Test
  void refusesOtherHostsMethodsBodiesAndPaths() throws IOException {
    assertThat(request(port, "GET /metrics HTTP/1.1\r\nHost: evil.example:80\r\n"))
        .startsWith("HTTP/1.1 421")
        .doesNotContain("redoubt_value");
    assertThat(request(port, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n"))
        .startsWith("HTTP/1.1 421");
    assertThat(request(port, "GET /healthz HTTP/1.1\r\nHost: redis-1:" + port + "\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(request(port, "GET /healthz HTTP/1.1\r\nHost: [::1]:80\r\n"))
        .startsWith("HTTP/1.1 200");
    assertThat(request(port, "GET /healthz HTTP/1.1\r\n")).startsWith("HTTP/1.1 400");
    assertThat(request(port, "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"))
        .startsWith("HTTP/1.1 405");
    assertThat(request(port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"))
        .startsWith("HTTP/1.1 413");
    assertThat(get(port, "/nothing")).startsWith("HTTP/1.1 404");
    assertThat(get(port, "/healthz", "Origin: https://evil.example"))
        .doesNotContainIgnoringCase("access-control");
  }

  @Test
  void refusesHeadersThatAreTooLong() throws IOException {
    assertThat(get(port, "/metrics", "X: " + "x".repeat(20_000))).startsWith("HTTP/1.1 431");
    assertThat(get(port, "/" + "x".repeat(5_000))).startsWith("HTTP/1.1 4");
    assertThat(request(port, "nonsense\r\n\r\n")).startsWith("HTTP/1.1 4");
    assertThat(get(port, "/healthz")).startsWith("HTTP/1.1 200");
  }

  @Test
  void asksForAUserWhereTheDefaultUserHasAPassword() throws IOException {
    publish(
        new Access(
            Right.NOTHING,
            Map.of(
                "ops", new Account(Right.PAGE, false, List.of(HASH_OF_SECRET)),
                "scraper", new Account(Right.METRICS, false, List.of(HASH_OF_SECRET)),
                "none", new Account(Right.NOTHING, true, List.of()))),
        "");
    assertThat(get(port, "/metrics"))
        .startsWith("HTTP/1.1 401")
        .containsIgnoringCase("www-authenticate: Basic realm=");
    assertThat(get(port, "/metrics", basic("ops:secret"))).startsWith("HTTP/1.1 200");
    assertThat(get(port, "/", basic("ops:secret"))).startsWith("HTTP/1.1 200");
    assertThat(get(port, "/metrics", basic("scraper:secret"))).startsWith("HTTP/1.1 200");
    assertThat(get(port, "/", basic("scraper:secret"))).startsWith("HTTP/1.1 401");
    assertThat(get(port, "/events", basic("scraper:secret"))).startsWith("HTTP/1.1 401");
    assertThat(get(port, "/metrics", basic("ops:wrong"))).startsWith("HTTP/1.1 401");
    assertThat(get(port, "/metrics", basic("nobody:secret"))).startsWith("HTTP/1.1 401");
    assertThat(get(port, "/metrics", basic("none:x"))).startsWith("HTTP/1.1 401");
    assertThat(get(port, "/metrics", "Authorization: Basic ???")).startsWith("HTTP/1.1 401");
    assertThat(get(port, "/readyz")).startsWith("HTTP/1.1 200");
  }

  private static String basic(String pair) {
    return "Authorization: Basic "
        + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void tellsWhyItIsNotReady() throws IOException {
    publish(new Access(Right.PAGE, Map.of()), "loading the data set");
    assertThat(get(port, "/readyz")).startsWith("HTTP/1.1 503").endsWith("loading the data set\n");
    assertThat(get(port, "/healthz")).startsWith("HTTP/1.1 200");
    server.publish(
        new Published(
            clock.monotonicNanos() - 6_000_000_000L,
            0,
            new MetricsSnapshot(),
            "",
            new Access(Right.PAGE, Map.of())));
    assertThat(get(port, "/healthz")).startsWith("HTTP/1.1 503");
    assertThat(get(port, "/readyz")).startsWith("HTTP/1.1 503");
  }

  @Test
  void sendsStatesAndEventsToOpenPages() throws Exception {
    server.addEvent("{\"type\":\"early\"}");
    try (Socket socket = watch();
        var reader = reader(socket)) {
      awaitLine(reader, "data: {\"type\":\"early\"}");
      assertThat(server.isWatched()).isTrue();
      server.sendState("{\"n\":1}");
      awaitLine(reader, "event: state");
      awaitLine(reader, "data: {\"n\":1}");
      server.addEvent("{\"type\":\"late\"}");
      awaitLine(reader, "data: {\"type\":\"late\"}");
      publish(new Access(Right.NOTHING, Map.of()), "");
      server.sendState("{\"n\":2}"); // the user may have lost the permission
      String line = reader.readLine();
      while (line != null) {
        assertThat(line).doesNotContain("\"n\":2");
        line = reader.readLine();
      }
    }
  }

  @Test
  void sendsTheLastMinutesAndTheUserToANewPage() throws Exception {
    server.addSample(List.of("at", "commands"), new long[] {1000, 5});
    server.addSample(List.of("at", "commands"), new long[] {2000, 9});
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        var reader = reader(socket)) {
      socket.setSoTimeout(20_000);
      publish(
          new Access(
              Right.NOTHING,
              Map.of("ops", new Account(Right.PAGE, false, List.of(HASH_OF_SECRET)))),
          "");
      write(
          socket, "GET /events HTTP/1.1\r\nHost: localhost\r\n" + basic("ops:secret") + "\r\n\r\n");
      awaitLine(reader, "event: viewer");
      awaitLine(reader, "data: {\"user\":\"ops\"}");
      awaitLine(reader, "event: history");
      awaitLine(reader, "data: {\"names\":[\"at\",\"commands\"],\"samples\":[[1000,5],[2000,9]]}");
    }
  }

  @Test
  void sendsNoStaleStateToANewPage() throws Exception {
    try (Socket socket = watch();
        var reader = reader(socket)) {
      awaitLine(reader, "event: viewer");
      server.sendState("{\"n\":1}");
      awaitLine(reader, "data: {\"n\":1}");
    }
    while (server.isWatched()) { // until it sees the end of the connection
      Thread.onSpinWait();
    }
    server.sendState("{\"n\":2}"); // no page is open
    try (Socket socket = watch();
        var reader = reader(socket)) {
      awaitLine(reader, "event: viewer");
      server.sendState("{\"n\":3}");
      awaitLine(reader, "event: state");
      assertThat(reader.readLine()).isEqualTo("data: {\"n\":3}");
    }
  }

  private Socket watch() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    write(socket, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return socket;
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void awaitLine(BufferedReader reader, String wanted) throws IOException {
    String line = reader.readLine();
    while (line != null && !line.equals(wanted)) {
      line = reader.readLine();
    }
    assertThat(line).isEqualTo(wanted);
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void limitsThePagesThatAreOpen() throws IOException {
    List<Socket> pages = new ArrayList<>();
    try {
      for (int i = 0; i < EventStream.MAX_WATCHERS; i++) {
        Socket page = watch();
        pages.add(page);
        assertThat(page.getInputStream().read()).isEqualTo('H');
      }
      assertThat(get(port, "/events"))
          .startsWith("HTTP/1.1 503")
          .endsWith("16 pages are open, and that is the most.\n");
      assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
    } finally {
      close(pages);
    }
  }

  @Test
  void slowRequestsDoNotShutOthersOut() throws IOException {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 1_000; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        slow.add(socket);
        write(socket, "GET /metrics HTTP/1.1\r\nX: ");
        if (i % 100 == 0) {
          assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
        }
      }
      assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
      assertThat(body(get(port, "/readyz"))).isEqualTo("ok\n");
    } catch (java.net.SocketException reset) {
      assertThat(reset).hasMessageContaining("reset"); // the server closes the oldest
      assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
    } finally {
      close(slow);
    }
  }

  @Test
  void survivesThousandsOfConnections() throws IOException {
    for (int i = 0; i < 2_000; i++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(socket.isConnected()).isTrue();
      }
    }
    assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
  }

  @Test
  void closesAConnectionThatSendsRequestsAndReadsNothing() throws IOException {
    String requests = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  write(socket, requests);
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(get(port, "/metrics")).startsWith("HTTP/1.1 200");
  }

  @Test
  void refusesAPortInUse() {
    assertThatThrownBy(() ->
            new WatchServer(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                Set.of(),
                null,
                clock,
                () -> {}))
        .isInstanceOf(IOException.class);
  }

  @Test
  void givesItsPortBackWhenClosed() throws IOException {
    InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    for (int i = 0; i < 200; i++) {
      WatchServer first = new WatchServer(address, Set.of(), null, clock, () -> {});
      int freed = first.port();
      first.close();
      new WatchServer(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), freed),
              Set.of(),
              null,
              clock,
              () -> {})
          .close();
    }
  }

  private static void close(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
