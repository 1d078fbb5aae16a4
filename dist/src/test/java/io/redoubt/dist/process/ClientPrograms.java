package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Programs in other languages that use a server through a client library. They are resources of
 * this package and print {@code ok} at their end.
 */
final class ClientPrograms {
  private static final String IOREDIS = "ioredis@6.0.0";
  private static final String NODE_REDIS = "@redis/client@6.3.1";
  private static final String BULLMQ = "bullmq@6.7.0";

  /** A library, its interpreter, and a command that succeeds if it is installed. */
  enum Library {
    REDIS_PY(".py", List.of("/usr/bin/python3"), List.of("-c", "import redis")),
    REDIS_RB(".rb", List.of("/usr/bin/ruby"), List.of("-e", "require 'redis'")),
    NODE(".js", List.of("node"), List.of("-e", "require('child_process').execSync('npm -v')"));

    private final String suffix;
    private final List<String> interpreter;
    private final List<String> probe;

    Library(String suffix, List<String> interpreter, List<String> probe) {
      this.suffix = suffix;
      this.interpreter = interpreter;
      this.probe = probe;
    }
  }

  private ClientPrograms() {}

  /** Runs a script to its end and fails unless it prints {@code ok}. */
  static void passes(Library library, Path folder, String name, String... arguments)
      throws IOException, InterruptedException {
    assertThat(run(library, folder, name, arguments))
        .as(() -> name + library.suffix)
        .isEqualTo(new Distribution.Result(0, "ok\n"));
  }

  /** Runs a script, written to the given folder, until it exits. */
  static Distribution.Result run(Library library, Path folder, String name, String... arguments)
      throws IOException, InterruptedException {
    requireInstalled(library);
    String file = name + library.suffix;
    Path script = folder.resolve(file);
    try (InputStream text = ClientPrograms.class.getResourceAsStream(file)) {
      Files.write(script, Objects.requireNonNull(text).readAllBytes());
    }
    List<String> command = new ArrayList<>(library.interpreter);
    command.add(script.toString());
    command.addAll(List.of(arguments));
    Map<String, String> environment =
        library == Library.NODE ? Map.of("NODE_PATH", modules().toString()) : Map.of();
    return Distribution.run(environment, command.toArray(String[]::new));
  }

  /** Skips the test without a library, or fails where real Redis is required. */
  static void requireInstalled(Library library) throws InterruptedException {
    List<String> command = new ArrayList<>(library.interpreter);
    command.addAll(library.probe);
    boolean installed;
    try {
      installed = Distribution.run(Map.of(), command.toArray(String[]::new)).status() == 0;
    } catch (IOException e) {
      installed = false;
    }
    RealRedis.assumeInstalled(installed, library.toString());
  }

  /**
   * Returns the folder of the modules for Node.js, kept between builds. Concurrent test classes
   * would both install into it, so each installs into a temporary folder and renames that.
   */
  private static Path modules() throws IOException, InterruptedException {
    String versions = String.join("_", BULLMQ, IOREDIS, NODE_REDIS).replace('/', '-');
    Path folder = Distribution.HOME.resolveSibling("node-" + versions);
    if (!Files.exists(folder)) {
      Path aside = Files.createTempDirectory(folder.getParent(), "node-");
      installModules(aside, BULLMQ, IOREDIS, NODE_REDIS);
      Files.move(aside, folder);
    }
    return folder.resolve("node_modules");
  }

  /** Installs modules for Node.js, such as {@code ioredis@5.0.0}, in a folder. */
  static void installModules(Path folder, String... modules)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "npm",
                "install",
                "--silent",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefix",
                folder.toString()));
    command.addAll(List.of(modules));
    Distribution.Result npm = Distribution.run(Map.of(), command.toArray(String[]::new));
    assertThat(npm.status()).as(npm.output()).isZero();
  }
}
