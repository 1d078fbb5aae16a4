package io.redoubt.embedded;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.process.Log;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The log of a server as messages of the {@link System.Logger} {@code io.redoubt}, and nowhere else
 * unless {@code logfile} is set. Redis' notices have level DEBUG here, because a server in a test
 * should be quiet, and so have the warnings of a group's members. The latest lines are kept for the
 * report of a failed test.
 */
final class SystemLog {
  private static final int KEPT_LINES = 200;

  private final Log log;
  private final Logger logger = System.getLogger("io.redoubt");
  private final ReentrantLock lock = new ReentrantLock();
  private final Deque<String> latest = new ArrayDeque<>(); // guarded by the lock

  private final Logger.Level warnings;

  private SystemLog(Host host) {
    warnings = host.warnings();
    log = Log.silent(host.clock());
    log.copyTo(this::add);
  }

  static SystemLog of(Host host, Directives settings) throws IOException {
    SystemLog made = new SystemLog(host);
    made.log.setLevel(settings.common.loglevel.value());
    String file = settings.common.logfile.value();
    if (!file.isEmpty()) {
      made.log.setFile(settings.path(file));
    }
    return made;
  }

  Log log() {
    return log;
  }

  private void add(Log.Level level, long millis, String text) {
    logger.log(level(level), text);
    lock.lock();
    try {
      if (latest.size() == KEPT_LINES) {
        latest.removeFirst();
      }
      latest.addLast(Instant.ofEpochMilli(millis) + " " + text);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the latest lines, the oldest first. */
  List<String> latest() {
    lock.lock();
    try {
      return List.copyOf(latest);
    } finally {
      lock.unlock();
    }
  }

  private Logger.Level level(Log.Level level) {
    return switch (level) {
      case DEBUG -> Logger.Level.TRACE;
      case VERBOSE, NOTICE -> Logger.Level.DEBUG;
      case WARNING, NOTHING -> warnings;
    };
  }
}
