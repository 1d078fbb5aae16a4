package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.cli.RedisCli;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs a list of command lines with Debian's {@code redis-cli} and with this project's, and
 * compares output, errors and exit status byte by byte. A shell evaluates all lines once with a
 * function in place of the program; the function records arguments and input. This project's client
 * then runs in this process, because hundreds of JVMs would take minutes. A sample of the lines
 * runs through the launcher.
 */
final class CliComparisonIT {
  /** The command lines whose output differs, with the reason. */
  private static final Map<String, String> DIFFERENT =
      Map.ofEntries(
          entry(
              "CLI --quoted-json get binary",
              "Debian's leaves a quote unescaped, which is no valid JSON."),
          entry(
              "CLI -u redis://:secret@127.0.0.1:PORT get greeting",
              "Debian's logs in with an empty name, which no server accepts."),
          entry(
              "CLI -3 --no-raw geopos geo Palermo missing",
              "The reply decoder keeps a double's value, not the digits it came with."),
          entry(
              "CLI --json geopos geo Palermo missing",
              "The reply decoder keeps a double's value, not the digits it came with."),
          entry(
              "CLI -n 5 --no-raw --scan --pattern \"key:3*\" --count 100",
              "Redis 7.0 has no --count."),
          entry("CLI --show-pushes maybe ping", "Debian's complains of the word and goes on."));

  /** The limit for all lines of a program that runs as processes. */
  private static final int LIMIT_SECONDS = 60;

  /** One line in this many runs as a process. */
  private static final int SAMPLE = 22;

  @RegisterExtension private final Nodes nodes = new Nodes();
  @TempDir private Path folder;

  private record Outcome(int status, String output, String errors) {
    Outcome sorted() {
      return new Outcome(status, String.join("\n", output.lines().sorted().toList()), errors);
    }
  }

  private static List<String> lines() throws IOException {
    try (InputStream in = CliComparisonIT.class.getResourceAsStream("redis-cli.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .toList();
    }
  }

  /** Evaluates the lines in order in a shell, with the given body of the function CLI. */
  private Path evaluate(String name, List<String> lines, int port, String body) throws Exception {
    Path results = Files.createDirectory(folder.resolve(name));
    StringBuilder script = new StringBuilder("CLI() {\n" + body + "\n}\n");
    for (int i = 0; i < lines.size(); i++) {
      String line =
          lines.get(i).replace("PORT", Integer.toString(port)).replace("FOLDER", folder + "");
      script.append("n=").append(i).append("; ( ").append(line).append("\n) </dev/null\n");
    }
    Path file = folder.resolve(name + ".sh");
    Files.writeString(file, script);
    Process shell =
        new ProcessBuilder("sh", file.toString())
            .directory(results.toFile())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(shell.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
          .describedAs("a line of %s does not end", results)
          .isTrue();
      assertThat(new String(shell.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    } finally {
      shell.destroyForcibly();
    }
    return results;
  }

  private static Outcome outcome(int status, Path output, Path errors, int port)
      throws IOException {
    return outcome(status, Files.readAllBytes(output), Files.readAllBytes(errors), port);
  }

  private static Outcome outcome(int status, byte[] output, byte[] errors, int port) {
    String end = ":" + port; // the port alone may be a number in a reply, too
    return new Outcome(
        status,
        new String(output, UTF_8).replace(end, ":PORT"),
        new String(errors, UTF_8).replace(end, ":PORT"));
  }

  private static Outcome runHere(
      List<String> words, Map<String, String> environment, File input, int port) throws Exception {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    try (InputStream in = Files.newInputStream(input.toPath());
        PrintStream out = new PrintStream(output, true, UTF_8);
        PrintStream err = new PrintStream(errors, true, UTF_8)) {
      int status =
          RedisCli.run(words, environment, new RedisCli.Streams(in, out, err), false, false);
      out.flush();
      err.flush();
      return outcome(status, output.toByteArray(), errors.toByteArray(), port);
    }
  }

  private Outcome runProcess(
      List<String> words, Map<String, String> environment, File input, int port) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Distribution.HOME.resolve("bin/redis-cli").toString());
    command.addAll(words);
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(input)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().putAll(environment);
    return outcome(builder.start().waitFor(), output, errors, port);
  }

  @Test
  void printsWhatDebiansPrints() throws Exception {
    Path debian = Kind.tool("redis-cli");
    int first = nodes.server(Kind.REDOUBT).port();
    int second = nodes.server(Kind.REDOUBT).port();
    List<String> lines = lines();
    Files.writeString(folder.resolve("good.lua"), "return {KEYS[1],ARGV[1],KEYS[2]}");
    Files.writeString(folder.resolve("bad.lua"), "x y");
    assertThat(lines).hasSizeGreaterThan(200).containsAll(DIFFERENT.keySet());
    Path expected =
        evaluate(
            "debian",
            lines,
            first,
            debian + " -p " + first + " \"$@\" >$n.out 2>$n.err; echo $? >$n.status");
    Path recorded =
        evaluate(
            "recorded",
            lines,
            second,
            "printf '%s\\0' -p "
                + second
                + " \"$@\" >$n.words; cat >$n.in\n"
                + "printf %s \"${REDISCLI_AUTH-}\" >$n.password");

    List<String> differences = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Outcome theirs =
          outcome(
              Integer.parseInt(Files.readString(expected.resolve(i + ".status")).trim()),
              expected.resolve(i + ".out"),
              expected.resolve(i + ".err"),
              first);
      String[] words = Files.readString(recorded.resolve(i + ".words")).split("\0", -1);
      List<String> given = Arrays.asList(words).subList(0, words.length - 1);
      String password = Files.readString(recorded.resolve(i + ".password"));
      Map<String, String> environment =
          password.isEmpty() ? Map.of() : Map.of("REDISCLI_AUTH", password);
      File input = recorded.resolve(i + ".in").toFile();
      Outcome ours =
          i % SAMPLE == 0
              ? runProcess(given, environment, input, second)
              : runHere(given, environment, input, second);
      if (lines.get(i).contains("--bigkeys")) {
        theirs = theirs.sorted(); // in an order of random seeds
        ours = ours.sorted();
      }
      if (theirs.equals(ours) == DIFFERENT.containsKey(lines.get(i))) {
        differences.add(lines.get(i) + "\n  Debian: " + theirs + "\n  ours:   " + ours);
      }
    }
    assertThat(differences).isEmpty();
  }

  /** Debian's does so only after the last reply and after the time limit. */
  @Test
  void printsTheCountsOfAPipeThatTheServerEnds() throws Exception {
    int port = nodes.server(Kind.REDOUBT).port();
    // WAIT gives the client time to send everything: input that the server has not read makes the
    // end a reset, which destroys replies on their way.
    String first = "set piped 1\r\nlpush piped 1\r\nwait 1 500\r\n";
    for (Map.Entry<String, Integer> end :
        Map.of("quit\r\n", 1, "client kill type normal skipme no\r\n", 1, "*1\r\nset\r\n", 2)
            .entrySet()) {
      Path input = folder.resolve("input");
      Files.writeString(input, first + end.getKey() + "set piped 2\r\n");
      List<String> words = List.of("-p", port + "", "--pipe");
      Outcome outcome = runHere(words, Map.of(), input.toFile(), port);
      assertThat(outcome.status()).as(outcome.toString()).isEqualTo(1);
      assertThat(outcome.errors())
          .startsWith("WRONGTYPE ")
          .contains("\nError reading from the server: ");
      assertThat(outcome.output()).endsWith("errors: " + end.getValue() + ", replies: 4\n");
    }
  }
}
