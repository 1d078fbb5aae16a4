package io.redoubt.bench;

import io.redoubt.bench.load.TlsLoad;
import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.measure.ServerIdentity;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code benchmark tls}: the processor time of operations and handshakes over TLS. */
@Command(
    name = "tls",
    description = {
      "The server's processor time per operation over TLS, in microseconds: GET and SET of several"
          + " sizes over lasting connections, with TLS 1.3; and of connections that send a PING,"
          + " with a full handshake or a resumed session, with TLS 1.2 and 1.3. P is the number of"
          + " requests in a pipeline. The servers take turns, round by round, after rounds that are"
          + " not counted; only the rows of fresh servers start new ones for each round. The"
          + " certificates are made by openssl: RSA with 2048 bits, and P-256.",
      "The rows of handshakes follow each other on servers that have just started, so each begins"
          + " after the 1 000 to 8 000 connections of the previous ones; warm rows begin after "
          + TlsBenchmark.WARM_HANDSHAKES
          + " connections of all kinds.",
      "The last column is the goal for the ratio. A row of resumed sessions says how many of them"
          + " were."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class TlsBenchmark implements Callable<Integer> {
  /** An exchange by size: fewer clients and requests for large values. */
  private record Exchange(int bytes, int clients, int pipeline, int requests) {}

  /** A running server and the load on its port for TLS. */
  private record Secured(MeasuredServer server, int port) implements AutoCloseable {
    @Override
    public void close() {
      server.close();
    }
  }

  private static final double GOAL = 1;
  private static final double HANDSHAKE_GOAL = 1.2;
  private static final String TLS_1_3 = "TLSv1.3";
  private static final String TLS_1_2 = "TLSv1.2";
  private static final int WARM_UP_ROUNDS = 5;
  private static final int HANDSHAKES = 200;

  /** Connections after which all code of a handshake is compiled. */
  static final int WARM_HANDSHAKES = 10_000;

  private static final int FIRST_REQUESTS = 5_000;
  private static final int CLIENTS = 20;
  private static final String KEY = "key";

  private static final List<Exchange> EXCHANGES =
      List.of(
          new Exchange(10, CLIENTS, 1, 20_000),
          new Exchange(10, CLIENTS, 16, 100_000),
          new Exchange(1_000, CLIENTS, 1, 20_000),
          new Exchange(1_000, CLIENTS, 16, 50_000),
          new Exchange(10_000, CLIENTS, 1, 10_000),
          new Exchange(100_000, CLIENTS, 1, 2_000),
          new Exchange(1_000_000, 5, 1, 200));

  @Mixin private BenchmarkServers servers = new BenchmarkServers();

  @Mixin private RoundCount rounds = new RoundCount(5);

  @Mixin private RowFilter only = new RowFilter();

  @Override
  public Integer call() throws IOException, InterruptedException {
    ServerIdentity rsa = ServerIdentity.ofRsa(servers.folder());
    ServerIdentity ec = ServerIdentity.ofP256(servers.folder());
    Comparison.head("us per operation");
    exchanges(rsa);
    handshakes("RSA", rsa, 0);
    handshakes("P-256", ec, 0);
    handshakes("P-256 warm", ec, WARM_HANDSHAKES);
    String first = "first " + FIRST_REQUESTS + " GETs";
    if (only.includes(first)) {
      Comparison<Double> fresh = Comparison.ofRounds(rounds.count(), redis -> first(redis, rsa));
      fresh.row(first, micros -> micros, Comparison.NO_GOAL);
    }
    return 0;
  }

  private Secured start(boolean redis, ServerIdentity identity)
      throws IOException, InterruptedException {
    int port = FreePorts.one();
    return new Secured(servers.start(redis, identity.directives(port)), port);
  }

  private static TlsLoad load(Secured secured, ServerIdentity identity, String protocol) {
    return new TlsLoad(secured.server(), secured.port(), identity.certificate(), protocol);
  }

  private void exchanges(ServerIdentity identity) throws IOException, InterruptedException {
    try (Secured redis = start(true, identity);
        Secured redoubt = start(false, identity)) {
      for (Exchange exchange : EXCHANGES) {
        String value = "v".repeat(exchange.bytes());
        for (String name : List.of("SET", "GET")) {
          String title = name + " " + size(exchange.bytes()) + " P=" + exchange.pipeline();
          if (only.includes(title)) {
            String[] request =
                name.equals("SET") ? new String[] {name, KEY, value} : new String[] {name, KEY};
            row(title, exchange, request, redis, redoubt, identity);
          }
        }
      }
    }
  }

  private static String size(int bytes) {
    return bytes < 1_000 ? bytes + " B" : bytes < 1_000_000 ? bytes / 1_000 + " KB" : "1 MB";
  }

  private void row(
      String title,
      Exchange exchange,
      String[] request,
      Secured redis,
      Secured redoubt,
      ServerIdentity identity)
      throws IOException, InterruptedException {
    try (TlsLoad theirs = load(redis, identity, TLS_1_3);
        TlsLoad ours = load(redoubt, identity, TLS_1_3)) {
      for (Secured secured : List.of(redis, redoubt)) {
        secured.server().ask("SET", KEY, "v".repeat(exchange.bytes()));
      }
      theirs.connect(exchange.clients());
      ours.connect(exchange.clients());
      int requests = servers.scaled(exchange.requests());
      Comparison.Measurement<Double> measurement =
          ofRedis -> {
            MeasuredServer server = (ofRedis ? redis : redoubt).server();
            long before = server.cpuNanos();
            long done = (ofRedis ? theirs : ours).run(exchange.pipeline(), requests, request);
            return (server.cpuNanos() - before) / 1000.0 / done;
          };
      warmUp(measurement);
      Comparison.ofRounds(rounds.count(), measurement).row(title, micros -> micros, GOAL);
    }
  }

  private void warmUp(Comparison.Measurement<Double> measurement)
      throws IOException, InterruptedException {
    Comparison.ofRounds(servers.isQuick() ? 1 : WARM_UP_ROUNDS, measurement);
  }

  /**
   * Prints the rows of a pair of servers.
   *
   * @param before the number of connections made before the first row
   */
  private void handshakes(String algorithm, ServerIdentity identity, int before)
      throws IOException, InterruptedException {
    try (Secured redis = start(true, identity);
        Secured redoubt = start(false, identity)) {
      int left = before == 0 ? 0 : servers.scaled(before);
      for (String protocol : List.of(TLS_1_2, TLS_1_3)) {
        for (boolean resumes : List.of(false, true)) {
          String title =
              "%s %s, %s".formatted(resumes ? "resumed" : "handshake", protocol, algorithm);
          if (only.includes(title)) {
            if (left > 0) {
              warm(redis, identity, left);
              warm(redoubt, identity, left);
              left = 0;
            }
            handshakes(title, protocol, resumes, redis, redoubt, identity);
          }
        }
      }
    }
  }

  /** Makes connections of each kind, so that each of them is compiled. */
  private static void warm(Secured secured, ServerIdentity identity, int count)
      throws IOException, InterruptedException {
    for (String protocol : List.of(TLS_1_2, TLS_1_3)) {
      for (boolean resumes : List.of(false, true)) {
        try (TlsLoad load = load(secured, identity, protocol)) {
          load.handshakes(count / 4, resumes);
        }
      }
    }
  }

  private void handshakes(
      String title,
      String protocol,
      boolean resumes,
      Secured redis,
      Secured redoubt,
      ServerIdentity identity)
      throws IOException, InterruptedException {
    int count = servers.scaled(HANDSHAKES);
    int[] resumed = new int[2];
    Comparison.Measurement<Double> measurement =
        ofRedis -> {
          Secured secured = ofRedis ? redis : redoubt;
          try (TlsLoad load = load(secured, identity, protocol)) {
            long before = secured.server().cpuNanos();
            resumed[ofRedis ? 0 : 1] += load.handshakes(count, resumes);
            return (secured.server().cpuNanos() - before) / 1000.0 / count;
          }
        };
    warmUp(measurement);
    resumed[0] = 0;
    resumed[1] = 0;
    Comparison.ofRounds(rounds.count(), measurement).row(title, micros -> micros, HANDSHAKE_GOAL);
    if (resumes) {
      System.out.printf(
          Locale.ROOT,
          "  resumed, of %-18d %10d %10d%n",
          count * rounds.count(),
          resumed[0],
          resumed[1]);
    } else if (resumed[0] + resumed[1] > 0) {
      throw new ErrorReplyException(redoubt.server(), "a full handshake was none");
    }
  }

  /** Returns the processor time of each of the first GETs over TLS, in microseconds. */
  private double first(boolean redis, ServerIdentity identity)
      throws IOException, InterruptedException {
    try (Secured secured = start(redis, identity);
        TlsLoad load = load(secured, identity, TLS_1_3)) {
      secured.server().ask("SET", KEY, "v".repeat(64));
      long before = secured.server().cpuNanos();
      load.connect(CLIENTS);
      long done = load.run(1, FIRST_REQUESTS, "GET", KEY);
      return (secured.server().cpuNanos() - before) / 1000.0 / done;
    }
  }
}
