package io.redoubt.sentinel;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.runtime.HostNames;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Starts sentinels of this process. */
final class TestSentinels {
  private TestSentinels() {}

  /** The configuration of a file. */
  static SentinelDirectives load(Path file) throws Exception {
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file, new byte[0], "");
    return directives;
  }

  /** One that logs nothing and asks the system for names. */
  static SentinelServer start(SentinelDirectives directives) throws Exception {
    return start(directives, 1, HostNames.Lookup.ofSystem());
  }

  /** As the other one, with a seed of its own and names that somebody else knows. */
  static SentinelServer start(SentinelDirectives directives, long seed, HostNames.Lookup names)
      throws Exception {
    Clock clock = Clock.system();
    return SentinelServer.start(
        directives, clock, Log.silent(clock), new SplittableRandom(seed), names, () -> {});
  }
}
