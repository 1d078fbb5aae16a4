package io.redoubt.protocol.process;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Forwards {@code java.util.logging}, which libraries such as Netty use, to the process' log. The
 * logging configuration is global to the JVM, so launchers use this class and embedded servers do
 * not.
 */
public final class JavaLogging {
  /** The loggers by which Netty reports its findings about the machine. */
  private static final List<String> DETECTION_LOGGERS =
      List.of("io.netty.util.internal.", "io.netty.util.NetUtil");

  private JavaLogging() {}

  /**
   * Forwards warnings and errors of libraries to {@code log}; lower levels become debug messages.
   */
  public static void forwardTo(Log log) {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(log.logs(Log.Level.DEBUG) ? Level.FINE : Level.WARNING);
    root.addHandler(new Forwarding(log));
  }

  private static final class Forwarding extends Handler {
    private final Log log;
    private final SimpleFormatter formatter = new SimpleFormatter();

    Forwarding(Log log) {
      this.log = log;
    }

    @Override
    public void publish(LogRecord message) {
      boolean isWarning =
          message.getLevel().intValue() >= Level.WARNING.intValue() && !isDetection(message);
      Log.Level level = isWarning ? Log.Level.WARNING : Log.Level.DEBUG;
      if (log.logs(level)) {
        log.log(level, "%s: %s", message.getLoggerName(), text(message));
      }
    }

    /** Returns true if Netty reports a missing network card or the like. */
    private static boolean isDetection(LogRecord message) {
      String logger = String.valueOf(message.getLoggerName());
      return message.getLevel().intValue() < Level.SEVERE.intValue()
          && DETECTION_LOGGERS.stream().anyMatch(logger::startsWith);
    }

    private String text(LogRecord message) {
      String text = formatter.formatMessage(message);
      return message.getThrown() == null ? text : text + ": " + message.getThrown();
    }

    @Override
    public void flush() {
      // The log flushes each message.
    }

    @Override
    public void close() {
      // The log's owner closes it.
    }
  }
}
