package io.redoubt.dist.process;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Whose programs a test starts. */
enum Kind {
  REDOUBT(Distribution.HOME.resolve("bin")),
  REAL(Path.of("/usr/bin"));

  private final Path folder;

  Kind(Path folder) {
    this.folder = folder;
  }

  /** The data server's launcher; skips the test where it is not installed. */
  Path server() {
    return launcher("redis-server");
  }

  /** The sentinel's launcher; skips the test where it is not installed. */
  Path sentinel() {
    return launcher("redis-sentinel");
  }

  /** A tool of Debian's redis-tools; skips the test where it is not installed. */
  static Path tool(String name) {
    return REAL.launcher(name);
  }

  private Path launcher(String program) {
    Path launcher = folder.resolve(program);
    assumeTrue(this == REDOUBT || Files.isExecutable(launcher), launcher + " is not installed");
    return launcher;
  }
}
