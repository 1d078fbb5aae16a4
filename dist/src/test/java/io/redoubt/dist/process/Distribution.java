package io.redoubt.dist.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The packed distribution under test, and methods that run its programs. */
final class Distribution {
  static final Path HOME = Path.of(System.getProperty("redoubt.home"));

  /** The archive with a Java runtime; missing in a build without AOT caches. */
  static final Path ARCHIVE =
      HOME.resolveSibling(
          HOME.getFileName()
              + "-linux-"
              + System.getProperty("os.arch").replace("amd64", "x86_64")
              + ".tar.gz");

  /**
   * The environment of scripts that pack: packages of a test are compressed at the fastest level.
   */
  static final Map<String, String> PACKING = Map.of("REDOUBT_COMPRESSION", "1");

  static final Duration LIMIT = Duration.ofSeconds(30);

  private Distribution() {}

  /** Starts a launcher on a free port and waits until it answers. */
  static NodeProcess start(
      Path launcher, Path folder, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    return start(launcher, folder, environment, FreePorts.one(), arguments);
  }

  /** Starts a launcher on the given port and waits until it answers. */
  static NodeProcess start(
      Path launcher, Path folder, Map<String, String> environment, int port, String... arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--port", port + "", "--bind", "127.0.0.1", "--dir", folder.toString()));
    NodeProcess node = launch(launcher, all, environment, port, folder.resolve("output"));
    try {
      node.awaitPong(LIMIT);
      return node;
    } catch (IOException e) {
      node.close();
      throw new IOException(Files.readString(node.log()), e);
    }
  }

  /**
   * Starts a launcher without waiting for it; prints a line for the counts of {@code .ci/times}.
   */
  static NodeProcess launch(
      Path launcher, List<String> arguments, Map<String, String> environment, int port, Path log)
      throws IOException {
    System.out.println("start: " + launcher.getFileName() + " on " + port);
    return NodeProcess.start(launcher, arguments, environment, port, log);
  }

  /** The output and exit status of a program that has ended by itself. */
  record Result(int status, String output) {}

  /** Skips a test that needs a program which is not installed. */
  static void assumeInstalled(String... programs) throws IOException, InterruptedException {
    for (String program : programs) {
      assumeTrue(
          run(Map.of(), "sh", "-c", "command -v " + program).status() == 0,
          program + " is not installed");
    }
  }

  /** Skips a test that lacks permission to create namespaces, which requires root. */
  static void assumeNamespaces() throws IOException, InterruptedException {
    assumeInstalled("unshare", "ip");
    assumeTrue(
        run(Map.of(), "unshare", "--mount", "--pid", "--fork", "--net", "true").status() == 0,
        "no root");
  }

  /** Runs a program until it exits; output and errors are merged. */
  static Result run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), output);
    } finally {
      process.destroyForcibly();
    }
  }
}
