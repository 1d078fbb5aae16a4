package io.redoubt.dist.process;

import io.redoubt.protocol.RealRedis;
import java.nio.file.Path;

/** The implementation whose programs a test starts. */
enum Kind {
  REDOUBT(Distribution.HOME.resolve("bin")),
  REAL(Path.of("/usr/bin"));

  private final Path folder;

  Kind(Path folder) {
    this.folder = folder;
  }

  /** Returns the data server's launcher; skips the test if it is not installed. */
  Path server() {
    return launcher("redis-server");
  }

  /** Returns the sentinel's launcher; skips the test if it is not installed. */
  Path sentinel() {
    return launcher("redis-sentinel");
  }

  /** Returns a tool of Debian's redis-tools; skips the test if it is not installed. */
  static Path tool(String name) {
    return REAL.launcher(name);
  }

  private Path launcher(String program) {
    Path launcher = folder.resolve(program);
    if (this == REAL) {
      RealRedis.assumeInstalled(program);
    }
    return launcher;
  }
}
