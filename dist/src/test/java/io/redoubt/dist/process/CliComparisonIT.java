package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Runs a list of command lines with Debian's {@code redis-cli} and with ours and compares output,
 * errors and exit status byte by byte.
 */
final class CliComparisonIT {
  /** The command lines whose output differs, and why. */
  private static final Map<String, String> DIFFERENT =
      Map.of(
          "CLI --quoted-json get binary",
          "Debian's leaves a quote unescaped, which is no valid JSON.",
          "CLI -u redis://:secret@127.0.0.1:PORT get greeting",
          "Debian's logs in with an empty name, which no server accepts.",
          "CLI -3 --no-raw geopos geo Palermo missing",
          "The reply decoder keeps a double's value, not the digits it came with.",
          "CLI --json geopos geo Palermo missing",
          "The reply decoder keeps a double's value, not the digits it came with.");

  @RegisterExtension private final Nodes nodes = new Nodes();

  private static List<String> lines() throws IOException {
    try (InputStream in = CliComparisonIT.class.getResourceAsStream("redis-cli.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }

  private static Result run(Path program, Node server, String line) throws Exception {
    String port = Integer.toString(server.port());
    String command = line.replace("CLI", program + " -p " + port).replace("PORT", port);
    Result result = Distribution.run(Map.of(), "sh", "-c", command);
    return new Result(result.status(), result.output().replace(port, "PORT"));
  }

  @Test
  void printsWhatDebiansPrints() throws Exception {
    Path debian = Kind.tool("redis-cli");
    Path ours = Distribution.HOME.resolve("bin/redis-cli");
    Node first = nodes.server(Kind.REDOUBT);
    Node second = nodes.server(Kind.REDOUBT);
    List<String> lines = lines();
    assertThat(lines).hasSizeGreaterThan(200).containsAll(DIFFERENT.keySet());
    List<String> differences = new ArrayList<>();
    for (String line : lines) {
      Result expected = run(debian, first, line);
      Result actual = run(ours, second, line);
      if (expected.equals(actual) == DIFFERENT.containsKey(line)) {
        differences.add(line + "\n  Debian: " + expected + "\n  ours:   " + actual);
      }
    }
    assertThat(differences).isEmpty();
  }
}
