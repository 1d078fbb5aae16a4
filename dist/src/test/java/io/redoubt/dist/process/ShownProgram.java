package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** A program that runs until it is closed, and its output so far. */
final class ShownProgram implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(10);

  private final Process process;
  private final StringBuilder text = new StringBuilder();

  ShownProgram(List<String> command) throws IOException {
    this(command, Map.of());
  }

  ShownProgram(List<String> command, Map<String, String> environment) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("TERM", "xterm");
    builder.environment().putAll(environment);
    process = builder.start();
  }

  /** Starts a program on its own terminal. */
  static ShownProgram onTerminal(List<String> command, Map<String, String> environment)
      throws IOException {
    String line = "stty cols 200 rows 40; " + String.join(" ", command);
    return new ShownProgram(List.of("script", "-q", "-c", line, "/dev/null"), environment);
  }

  void type(String input) throws IOException {
    process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  /** Discards the output so far. */
  void forget() {
    text.setLength(0);
  }

  /** Reads until the output meets a condition, and returns it. */
  String await(Predicate<String> condition) {
    Awaitility.await()
        .atMost(Distribution.LIMIT)
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL)
        .untilAsserted(() -> {
          read();
          assertThat(text.toString()).matches(condition);
        });
    return text.toString();
  }

  private void read() throws IOException {
    InputStream output = process.getInputStream();
    text.append(new String(output.readNBytes(output.available()), StandardCharsets.UTF_8));
  }

  /** Waits for the end of the program. */
  void awaitEnd() throws InterruptedException {
    assertThat(process.waitFor(Distribution.LIMIT)).as(text::toString).isTrue();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
