package io.redoubt.embedded;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.lang.System.Logger;

/**
 * The log of a server as messages of the {@link System.Logger} {@code io.redoubt}, and nowhere else
 * unless {@code logfile} is set. Redis' notices are of level DEBUG here, because a server in a test
 * should be quiet.
 */
final class SystemLog {
  private SystemLog() {}

  static Log of(Clock clock, ServerDirectives settings) throws IOException {
    Logger logger = System.getLogger("io.redoubt");
    Log log = Log.silent(clock);
    log.level(settings.common.loglevel.value());
    log.copyTo((level, millis, text) -> logger.log(level(level), text));
    String file = settings.common.logfile.value();
    if (!file.isEmpty()) {
      log.file(settings.path(file));
    }
    return log;
  }

  private static Logger.Level level(Log.Level level) {
    return switch (level) {
      case DEBUG -> Logger.Level.TRACE;
      case VERBOSE, NOTICE -> Logger.Level.DEBUG;
      case WARNING, NOTHING -> Logger.Level.WARNING;
    };
  }
}
