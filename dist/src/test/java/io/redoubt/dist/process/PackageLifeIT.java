package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.dist.process.Distribution.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Debian packages as Debian's own tools see them, and in use on a machine without Java. */
final class PackageLifeIT {
  private static final String TIME = "2026-01-01T00:00:00Z";
  private static final Path DEBS = Path.of("src/main/package/debs").toAbsolutePath();
  private static final Path LIFE = Path.of("src/test/package/life-of-packages").toAbsolutePath();

  /** The upper limit of `systemd-analyze security`, in tenths. */
  private static final String EXPOSURE = "30";

  @TempDir private Path folder;

  private static void succeed(List<String> command) throws Exception {
    Result result = Distribution.run(Distribution.PACKING, command.toArray(String[]::new));
    assertThat(result.status()).as("%s: %s", command, result.output()).isZero();
  }

  /** Builds the packages for the given version; returns their folder. */
  private Path packages(String version) throws Exception {
    Distribution.assumeInstalled("dpkg-deb");
    Path home = folder.resolve("redoubt-" + version);
    Files.createSymbolicLink(home, Distribution.HOME);
    Path packages = folder.resolve(version);
    succeed(List.of(DEBS.toString(), home.toString(), TIME, packages.toString()));
    return packages;
  }

  private static List<String> files(Path packages) throws Exception {
    try (Stream<Path> files = Files.list(packages)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  @Test
  void lintianFindsNoError() throws Exception {
    Distribution.assumeInstalled("lintian");
    List<String> command = new ArrayList<>(List.of("lintian", "--fail-on", "error"));
    command.addAll(files(packages("1.0.0")));
    succeed(command);
  }

  @Test
  void unitsAreValidAndGiveLittleAway() throws Exception {
    Distribution.assumeInstalled("systemd-analyze");
    Path root = folder.resolve("root");
    for (String file : files(packages("1.0.0"))) {
      succeed(List.of("dpkg-deb", "--extract", file, root.toString()));
    }
    for (String program : List.of("redis-server", "redis-sentinel")) {
      String unit = program.replace("redis", "redoubt") + ".service";
      Path file = root.resolve("lib/systemd/system").resolve(unit);
      // The program is not installed here; the stage's program replaces it.
      Files.writeString(
          file,
          Files.readString(file)
              .replace(
                  "ExecStart=/usr/bin/" + program,
                  "ExecStart=" + Distribution.HOME.resolve("bin").resolve(program)));
      succeed(List.of("systemd-analyze", "verify", file.toString()));
      succeed(
          List.of(
              "systemd-analyze",
              "security",
              "--offline=true",
              "--threshold=" + EXPOSURE,
              "--root=" + root,
              unit));
    }
  }

  /**
   * Requires root and a root file system of Debian, because a build must not change the machine:
   * {@code debootstrap --variant=minbase --include=adduser,procps,redis-server,redis-sentinel
   * bookworm FOLDER}, then {@code -Dredoubt.debian=FOLDER}.
   */
  @Test
  void packagesLiveOnAMachineWithoutJava() throws Exception {
    String root = System.getProperty("redoubt.debian", "");
    assumeTrue(!root.isEmpty(), "no -Dredoubt.debian=FOLDER, made by debootstrap");
    Distribution.assumeNamespaces();
    assumeTrue(Files.exists(Distribution.ARCHIVE), "no archive with a Java runtime");
    Path work = Files.createDirectory(folder.resolve("work"));
    succeed(
        List.of(
            LIFE.toString(),
            root,
            work.toString(),
            packages("1.0.0").toString(),
            packages("99.0.0").toString(),
            Distribution.ARCHIVE.toString()));
  }
}
