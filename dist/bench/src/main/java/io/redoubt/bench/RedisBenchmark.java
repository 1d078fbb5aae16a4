package io.redoubt.bench;

import io.redoubt.bench.measure.ErrorReplyException;
import io.redoubt.bench.measure.MeasuredServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A load of {@code redis-benchmark}.
 *
 * @param connections the number of connections
 * @param pipeline the number of requests in a pipeline
 * @param range the number of keys or elements {@link #RANDOM} picks from
 * @param command the arguments of the request
 */
record RedisBenchmark(int connections, int pipeline, int range, List<String> command) {
  /**
   * The placeholder that redis-benchmark replaces by a random number of twelve digits in each
   * request.
   */
  static final String RANDOM = "__rand_int__";

  private static final int PER_SECOND_COLUMN = 1;
  private static final int P99_COLUMN = 6;

  /** The throughput and the latency, as redis-benchmark reports them. */
  record Result(double perSecond, double p99Millis) {}

  /**
   * Runs the given number of requests.
   *
   * @return requests per second
   * @throws ErrorReplyException if one of the replies is an error
   */
  double run(MeasuredServer server, int requests) throws IOException, InterruptedException {
    return run(server, server.port(), List.of(), requests).perSecond();
  }

  /**
   * Runs the given number of requests on one of the server's ports.
   *
   * @param options further options, such as those for TLS
   * @throws ErrorReplyException if one of the replies is an error
   */
  Result run(MeasuredServer server, int port, List<String> options, int requests)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("redis-benchmark", "-h", MeasuredServer.HOST));
    words.addAll(List.of("-p", "" + port, "-c", "" + connections, "-P", "" + pipeline));
    words.addAll(List.of("-n", "" + requests, "-r", "" + range, "--csv"));
    words.addAll(options);
    words.addAll(command);
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new ErrorReplyException(server, error(output));
    }
    String[] columns = output.lines().reduce((before, line) -> line).orElseThrow().split("\",\"");
    return new Result(
        Double.parseDouble(columns[PER_SECOND_COLUMN]), Double.parseDouble(columns[P99_COLUMN]));
  }

  /** Returns the error line, without the table header printed before it. */
  private static String error(String output) {
    return output.lines().filter(line -> !line.startsWith("\"")).findFirst().orElse("no output");
  }
}
