package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian packages of the packed distribution, without installing them. */
final class DebianPackagesIT {
  private static final Path DEBS = Path.of("src/main/package/debs").toAbsolutePath();

  @TempDir private Path folder;

  @Test
  void haveWhatTheServicesNeed() throws Exception {
    Distribution.assumeInstalled("dpkg-deb");
    Result built =
        Distribution.run(
            Distribution.PACKING,
            DEBS.toString(),
            Distribution.HOME.toString(),
            "2026-01-01T00:00:00Z",
            folder.toString());
    assertThat(built).isEqualTo(new Result(0, ""));

    Path tools = unpacked("redoubt-tools");
    assertThat(tools.resolve("usr/bin/redis-cli")).isSymbolicLink().isExecutable();
    assertThat(tools.resolve("usr/bin/redis-benchmark")).isSymbolicLink().isExecutable();
    assertThat(tools.resolve("usr/bin/redis-check-aof")).isSymbolicLink().isExecutable();
    assertThat(tools.resolve("usr/share/man/man1/redis-benchmark.1.gz")).isRegularFile();
    assertThat(tools.resolve("usr/lib/redoubt/bin/redis-server")).isExecutable();
    assertThat(tools.resolve("usr/lib/redoubt/moving/switch")).isExecutable();
    Path documents = tools.resolve("usr/share/doc/redoubt-tools");
    assertThat(documents.resolve("html/commands.html")).content().contains("CLIENT WRITE-ACKS");
    // The path named in the README.
    assertThat(documents.resolve("doc/commands.html")).isRegularFile();
    assertThat(Files.exists(documents.resolve("redoubt.cdx.json")))
        .isEqualTo(Files.exists(Distribution.HOME.resolve("redoubt.cdx.json")));

    Path server = unpacked("redoubt-server");
    assertThat(control("redoubt-server"))
        .contains(
            "Conflicts: redis-server", "Provides: redis-server (= 5:7.2.6)", "redoubt-tools (= ")
        .doesNotContain("@", "SNAPSHOT");
    assertThat(Files.readSymbolicLink(server.resolve("usr/bin/redis-server")).toString())
        .isEqualTo("../lib/redoubt/bin/redis-server");
    assertThat(server.resolve("etc/redoubt/redis.conf"))
        .content()
        .contains("\ndir /var/lib/redoubt\n", "\nlogfile /var/log/redoubt/redis-server.log\n")
        .contains("\npidfile /run/redoubt/redis-server.pid\n", "\nsupervised auto\n");
    assertThat(server.resolve("lib/systemd/system/redoubt-server.service"))
        .content()
        .contains("ExecStart=/usr/bin/redis-server /etc/redoubt/redis.conf ");
    for (String alias : List.of("redis-server.service", "redis.service")) {
      assertThat(Files.readSymbolicLink(server.resolve("lib/systemd/system").resolve(alias)))
          .isEqualTo(Path.of("redoubt-server.service"));
    }
    assertThat(server.resolve("etc/init.d/redoubt-server"))
        .isExecutable()
        .content()
        .contains("in /etc/default/redoubt-server;");
    assertConfigurationsAreKept("redoubt-server", server);

    Path sentinel = unpacked("redoubt-sentinel");
    assertThat(sentinel.resolve("etc/redoubt/sentinel.conf"))
        .content()
        .contains("\ndir /var/lib/redoubt-sentinel\n");
    assertThat(sentinel.resolve("lib/systemd/system/redoubt-sentinel.service"))
        .content()
        .contains("ExecStart=/usr/bin/redis-sentinel /etc/redoubt/sentinel.conf ");
    assertConfigurationsAreKept("redoubt-sentinel", sentinel);
  }

  /** Asserts that each file in /etc is a conffile, and that the maintainer scripts are valid. */
  private void assertConfigurationsAreKept(String name, Path root) throws Exception {
    Path control = folder.resolve(name + "-control");
    Result extracted =
        Distribution.run(
            Map.of(), "dpkg-deb", "--control", archive(name).toString(), control.toString());
    assertThat(extracted.status()).as(extracted.output()).isZero();
    try (Stream<Path> files = Files.walk(root.resolve("etc"))) {
      assertThat(Files.readAllLines(control.resolve("conffiles")))
          .containsExactlyInAnyOrderElementsOf(
              files.filter(Files::isRegularFile).map(file -> "/" + root.relativize(file)).toList());
    }
    for (String script : List.of("preinst", "postinst", "prerm", "postrm")) {
      assertThat(control.resolve(script)).isExecutable().content().doesNotContain("@");
      assertThat(Distribution.run(Map.of(), "sh", "-n", control.resolve(script).toString()))
          .isEqualTo(new Result(0, ""));
    }
  }

  private String control(String name) throws Exception {
    return Distribution.run(Map.of(), "dpkg-deb", "--field", archive(name).toString())
        .output()
        .lines()
        .filter(line -> !line.startsWith("Maintainer:"))
        .reduce("", (text, line) -> text + line + "\n");
  }

  private Path unpacked(String name) throws Exception {
    Path root = folder.resolve(name);
    Result extracted =
        Distribution.run(
            Map.of(), "dpkg-deb", "--extract", archive(name).toString(), root.toString());
    assertThat(extracted.status()).as(extracted.output()).isZero();
    return root;
  }

  private Path archive(String name) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(name + "_"))
          .findFirst()
          .orElseThrow();
    }
  }
}
