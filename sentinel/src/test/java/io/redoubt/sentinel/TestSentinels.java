package io.redoubt.sentinel;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.nio.file.Path;

/** Starts sentinels in this process. */
final class TestSentinels {
  private TestSentinels() {}

  /** Loads the configuration of a file. */
  static SentinelDirectives load(Path file) throws Exception {
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file, new byte[0], "");
    return directives;
  }

  /** Starts a silent sentinel with the system's resolver. */
  static SentinelServer start(SentinelDirectives directives) throws Exception {
    return start(directives, 1, NameLookup.ofSystem());
  }

  /** Starts a silent sentinel with a given seed and resolver. */
  static SentinelServer start(SentinelDirectives directives, long seed, NameLookup names)
      throws Exception {
    Clock clock = Clock.system();
    return SentinelServer.start(
        directives,
        SentinelHost.ofProcess(
            new Environment(clock, Log.silent(clock), Seed.splittable(seed)), names),
        () -> {});
  }
}
