package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Everyday use of Debian's redis-py and redis-rb: data types, pipelines, transactions, pub/sub,
 * blocking pops, scripts, scans, locks and streams. The same scripts pass against a real Redis.
 */
final class EverydayIT {
  private static final String PYTHON = "/usr/bin/python3";
  private static final String RUBY = "/usr/bin/ruby";

  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @EnumSource
  void python(Kind kind) throws Exception {
    requireInstalled(PYTHON, "-c", "import redis");
    passes(kind, PYTHON, "everyday.py");
  }

  @ParameterizedTest
  @EnumSource
  void ruby(Kind kind) throws Exception {
    requireInstalled(RUBY, "-e", "require 'redis'");
    passes(kind, RUBY, "everyday.rb");
  }

  private void passes(Kind kind, String program, String name) throws Exception {
    Node server = nodes.server(kind);
    Path script = nodes.folder("scripts").resolve(name);
    try (InputStream text = EverydayIT.class.getResourceAsStream(name)) {
      Files.write(script, Objects.requireNonNull(text).readAllBytes());
    }
    Distribution.Result result =
        Distribution.run(Map.of(), program, script.toString(), server.port() + "");
    assertThat(result.output().strip()).isEqualTo("ok");
    assertThat(result.status()).isZero();
  }

  /** Skips the test without a library, or fails where real Redis is required. */
  private static void requireInstalled(String... command) throws InterruptedException {
    boolean installed;
    try {
      installed = Distribution.run(Map.of(), command).status() == 0;
    } catch (IOException e) {
      installed = false;
    }
    if (System.getenv("REDOUBT_REQUIRE_REDIS") != null) {
      assertThat(installed).as(String.join(" ", command)).isTrue();
    }
    assumeTrue(installed, () -> String.join(" ", command) + " fails");
  }
}
