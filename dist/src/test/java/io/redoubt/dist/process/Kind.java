package io.redoubt.dist.process;

import io.redoubt.protocol.RealRedis;
import java.nio.file.Path;

/** The implementation that a test starts. */
public enum Kind {
  REDOUBT,
  REAL;

  /** Returns the data server's launcher; skips the test if it is not installed. */
  public Path server() {
    return launcher("redis-server");
  }

  /** Returns the sentinel's launcher; skips the test if it is not installed. */
  public Path sentinel() {
    return launcher("redis-sentinel");
  }

  /** Returns the client's launcher; skips the test if it is not installed. */
  public Path cli() {
    return launcher("redis-cli");
  }

  /** Returns a tool of Debian's redis-tools; skips the test if it is not installed. */
  static Path tool(String name) {
    return REAL.launcher(name);
  }

  private Path launcher(String program) {
    if (this == REDOUBT) {
      return Distribution.HOME.resolve("bin").resolve(program);
    }
    RealRedis.assumeInstalled(program);
    return RealRedis.program(program);
  }
}
