package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The RPM packages of the packed distribution, and their use with the files of this machine. */
final class RpmPackagesIT {
  private static final Path RPMS = Path.of("src/main/package/rpms").toAbsolutePath();
  private static final Path LIFE = Path.of("src/test/package/life-of-rpms").toAbsolutePath();

  /** The exit status of LIFE where it can't mount an overlay of the file system. */
  private static final int NO_OVERLAY = 77;

  @TempDir private static Path folder;

  @BeforeEach
  void needsTools() throws Exception {
    Distribution.assumeInstalled("rpmbuild", "rpm");
  }

  /** Returns the packages of the given version; builds them at the first use. */
  private static Path packages(String version) throws Exception {
    Path packages = folder.resolve(version);
    if (!Files.exists(packages)) {
      build(version, packages);
    }
    return packages;
  }

  private static void build(String version, Path packages) throws Exception {
    Path home = Files.createDirectories(packages.resolveSibling("of-" + packages.getFileName()));
    home = Files.createSymbolicLink(home.resolve("redoubt-" + version), Distribution.HOME);
    Result built =
        Distribution.run(
            Distribution.PACKING,
            RPMS.toString(),
            home.toString(),
            "2026-01-01T00:00:00Z",
            packages + "");
    assertThat(built).isEqualTo(new Result(0, ""));
  }

  private static List<String> query(Path packages, String name, String... what) throws Exception {
    String[] command = new String[what.length + 3];
    command[0] = "rpm";
    command[1] = "--query";
    System.arraycopy(what, 0, command, 2, what.length);
    command[command.length - 1] = packages.resolve(name + "-1.0.0-1.x86_64.rpm").toString();
    Result result = Distribution.run(Map.of(), command);
    assertThat(result.status()).as(result.output()).isZero();
    return result.output().lines().toList();
  }

  @Test
  void haveWhatTheServicesNeed() throws Exception {
    Path packages = packages("1.0.0");
    assertThat(query(packages, "redoubt-tools", "--package", "--list"))
        .contains("/usr/bin/redis-cli", "/usr/lib/redoubt/bin/redis-server")
        .contains("/usr/share/licenses/redoubt-tools/LICENSE")
        .doesNotContain("/usr/bin", "/usr/lib", "/etc", "/usr/share/man/man1");
    assertThat(query(packages, "redoubt-tools", "--package", "--conflicts"))
        .containsExactly("redis");
    for (String program : List.of("redis-server", "redis-sentinel")) {
      String name = program.replace("redis", "redoubt");
      assertThat(query(packages, name, "--package", "--list"))
          .contains("/usr/bin/" + program, "/etc/init.d/" + name)
          .contains("/usr/lib/systemd/system/" + name + ".service")
          .contains("/usr/lib/systemd/system/" + program + ".service");
      assertThat(query(packages, name, "--package", "--provides")).contains(program + " = 7.2.6");
      assertThat(query(packages, name, "--package", "--configfiles"))
          .contains("/etc/sysconfig/" + name)
          .anyMatch(file -> file.startsWith("/etc/redoubt/"));
      assertThat(query(packages, name, "--package", "--requires"))
          .contains("redoubt-tools = 1.0.0-1");
      assertThat(query(packages, name, "--package", "--scripts")).noneMatch(l -> l.contains("%{"));
    }
  }

  @Test
  void theSameFilesMakeTheSamePackages() throws Exception {
    Path first = packages("1.0.0");
    Path second = folder.resolve("second");
    build("1.0.0", second);
    for (String name : List.of("redoubt-tools", "redoubt-server", "redoubt-sentinel")) {
      String file = name + "-1.0.0-1.x86_64.rpm";
      assertThat(Files.mismatch(first.resolve(file), second.resolve(file))).as(file).isEqualTo(-1);
    }
  }

  @Test
  void areInstalledUpgradedAndErased() throws Exception {
    Distribution.assumeNamespaces();
    Path work = Files.createDirectory(folder.resolve("work"));
    Result result =
        Distribution.run(
            Map.of(),
            LIFE.toString(),
            work.toString(),
            packages("1.0.0").toString(),
            packages("99.0.0").toString());
    assumeTrue(result.status() != NO_OVERLAY, "no overlay file system");
    assertThat(result.status()).as(result.output()).isZero();
  }
}
