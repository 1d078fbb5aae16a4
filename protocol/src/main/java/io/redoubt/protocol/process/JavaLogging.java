package io.redoubt.protocol.process;

import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Takes what libraries log by {@code java.util.logging}, Netty above all, over into a process' own
 * log. There is one such logging in a JVM, so this is for launchers, not for embedded servers.
 */
public final class JavaLogging {
  /** The loggers of Netty that only tell what it found out about the machine. */
  private static final List<String> GUESSES =
      List.of("io.netty.util.internal.", "io.netty.util.NetUtil");

  private JavaLogging() {}

  /** Has warnings and errors of libraries written to {@code log}; the rest is debugging. */
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
      boolean serious =
          message.getLevel().intValue() >= Level.WARNING.intValue() && !isGuess(message);
      Log.Level level = serious ? Log.Level.WARNING : Log.Level.DEBUG;
      if (log.logs(level)) {
        log.log(level, "%s: %s", message.getLoggerName(), text(message));
      }
    }

    /** Returns true if Netty wonders about a machine without network cards or the like. */
    private static boolean isGuess(LogRecord message) {
      String logger = String.valueOf(message.getLoggerName());
      return message.getLevel().intValue() < Level.SEVERE.intValue()
          && GUESSES.stream().anyMatch(logger::startsWith);
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
      // The log is its owner's to close.
    }
  }
}
