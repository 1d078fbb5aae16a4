package io.redoubt.server.differential;

import io.redoubt.protocol.RealRedis;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A real Redis and a Redoubt server, both new and empty. */
final class Twins implements AutoCloseable {
  private final RealRedis real;
  private final RedisServer ours;

  private Twins(RealRedis real, RedisServer ours) {
    this.real = real;
    this.ours = ours;
  }

  /**
   * Starts both with the same configuration; skips the test where no Redis is installed.
   *
   * @param lines directives, such as {@code maxmemory-policy allkeys-lfu}
   */
  static Twins start(Path directory, String... lines) throws Exception {
    RealRedis.assumeInstalled();
    List<String> options = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.split(" ", 2);
      options.add("--" + words[0]);
      options.add(words[1]);
    }
    RealRedis real = RealRedis.start(directory, options.toArray(String[]::new));
    try {
      return new Twins(real, TestServers.start(lines));
    } catch (Exception e) {
      real.close();
      throw e;
    }
  }

  /** Returns a connection to the real server. */
  WireConnection real() {
    return new WireConnection(real.port());
  }

  /** Returns a connection to the Redoubt server. */
  WireConnection ours() {
    return new WireConnection(ours.port());
  }

  /** Returns the port of the real server. */
  int realPort() {
    return real.port();
  }

  /** Returns the port of the Redoubt server. */
  int oursPort() {
    return ours.port();
  }

  @Override
  public void close() {
    real.close();
    ours.close();
  }
}
