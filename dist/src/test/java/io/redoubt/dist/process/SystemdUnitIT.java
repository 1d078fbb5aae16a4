package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The systemd units, checked as far as possible without a running systemd. */
final class SystemdUnitIT {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"redis.service", "redis-sentinel.service"})
  void isAccepted(String name) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/systemd-analyze")),
        "systemd-analyze is not installed");
    String unit = Files.readString(Distribution.HOME.resolve("systemd/" + name));
    assertThat(unit).contains("ExecStart=/usr/local/bin/redis-");
    Path installed = folder.resolve(name);
    Files.writeString(
        installed, unit.replace("/usr/local/bin", Distribution.HOME.resolve("bin").toString()));
    Result result = Distribution.run(Map.of(), "systemd-analyze", "verify", installed.toString());
    assertThat(result.output()).doesNotContain(name);
    assertThat(result.status()).isZero();
  }
}
