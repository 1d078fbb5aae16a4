package io.redoubt.dist.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A load of {@code redis-benchmark}.
 *
 * @param connections how many there are
 * @param pipeline how many requests are in a pipeline
 * @param range how many keys or elements {@link #RANDOM} draws from
 * @param command the words of the request
 */
record RedisBenchmark(int connections, int pipeline, int range, List<String> command) {
  /** What is another number each time, of twelve digits. */
  static final String RANDOM = "__rand_int__";

  private static final int PER_SECOND_COLUMN = 1;

  /**
   * Lets it make so many requests.
   *
   * @return how many were answered a second
   * @throws Refusal when one of the replies is an error
   */
  double run(MeasuredServer server, int requests) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("redis-benchmark", "-h", MeasuredServer.HOST));
    words.addAll(List.of("-p", "" + server.port(), "-c", "" + connections, "-P", "" + pipeline));
    words.addAll(List.of("-n", "" + requests, "-r", "" + range, "--csv"));
    words.addAll(command);
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new Refusal(server, error(output));
    }
    String last = output.lines().reduce((before, line) -> line).orElseThrow();
    return Double.parseDouble(last.split("\",\"")[PER_SECOND_COLUMN]);
  }

  /** The line that tells the error, without the table that was begun before. */
  private static String error(String output) {
    return output.lines().filter(line -> !line.startsWith("\"")).findFirst().orElse("no output");
  }
}
