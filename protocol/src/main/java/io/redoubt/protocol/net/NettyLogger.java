package io.redoubt.protocol.net;

import io.netty.util.internal.logging.AbstractInternalLogger;
import io.netty.util.internal.logging.FormattingTuple;
import io.netty.util.internal.logging.InternalLogger;
import io.netty.util.internal.logging.InternalLoggerFactory;
import io.netty.util.internal.logging.MessageFormatter;
import io.redoubt.protocol.process.Log;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A netty logger that writes to the process' log: warnings and errors as warnings, all else as
 * debug messages. Netty's own search for a logging system opens all jars of the program, and {@code
 * java.util.logging} does so again, which takes a tenth of the startup time.
 */
final class NettyLogger extends AbstractInternalLogger {
  private static final long serialVersionUID = 1L;

  /** The loggers with which netty reports harmless findings such as a missing network card. */
  private static final List<String> OF_DETECTION =
      List.of("io.netty.util.internal.", "io.netty.util.NetUtil");

  private final transient Log log;
  private final Log.Level ofWarnings;

  private NettyLogger(String name, Log log) {
    super(name);
    this.log = log;
    ofWarnings =
        OF_DETECTION.stream().anyMatch(name::startsWith) ? Log.Level.DEBUG : Log.Level.WARNING;
  }

  /** Makes this the logger of netty's classes in the whole JVM that are initialized from now on. */
  static void use(Log log) {
    InternalLoggerFactory.setDefaultFactory(
        new InternalLoggerFactory() {
          @Override
          protected InternalLogger newInstance(String name) {
            return new NettyLogger(name, log);
          }
        });
  }

  private void logFormatted(Log.Level level, String format, Object... arguments) {
    if (log.logs(level)) {
      FormattingTuple message = MessageFormatter.arrayFormat(format, arguments);
      log(level, message.getMessage(), message.getThrowable());
    }
  }

  private void log(Log.Level level, String text, @Nullable Throwable thrown) {
    if (log.logs(level)) {
      log.log(level, "%s: %s", name(), thrown == null ? text : text + ": " + thrown);
    }
  }

  @Override
  public boolean isTraceEnabled() {
    return false;
  }

  @Override
  public void trace(String text) {}

  @Override
  public void trace(String format, Object argument) {}

  @Override
  public void trace(String format, Object first, Object second) {}

  @Override
  public void trace(String format, Object... arguments) {}

  @Override
  public void trace(String text, Throwable thrown) {}

  @Override
  public boolean isDebugEnabled() {
    return log.logs(Log.Level.DEBUG);
  }

  @Override
  public void debug(String text) {
    log(Log.Level.DEBUG, text, null);
  }

  @Override
  public void debug(String format, Object argument) {
    logFormatted(Log.Level.DEBUG, format, argument);
  }

  @Override
  public void debug(String format, Object first, Object second) {
    logFormatted(Log.Level.DEBUG, format, first, second);
  }

  @Override
  public void debug(String format, Object... arguments) {
    logFormatted(Log.Level.DEBUG, format, arguments);
  }

  @Override
  public void debug(String text, Throwable thrown) {
    log(Log.Level.DEBUG, text, thrown);
  }

  @Override
  public boolean isInfoEnabled() {
    return log.logs(Log.Level.DEBUG);
  }

  @Override
  public void info(String text) {
    log(Log.Level.DEBUG, text, null);
  }

  @Override
  public void info(String format, Object argument) {
    logFormatted(Log.Level.DEBUG, format, argument);
  }

  @Override
  public void info(String format, Object first, Object second) {
    logFormatted(Log.Level.DEBUG, format, first, second);
  }

  @Override
  public void info(String format, Object... arguments) {
    logFormatted(Log.Level.DEBUG, format, arguments);
  }

  @Override
  public void info(String text, Throwable thrown) {
    log(Log.Level.DEBUG, text, thrown);
  }

  @Override
  public boolean isWarnEnabled() {
    return log.logs(ofWarnings);
  }

  @Override
  public void warn(String text) {
    log(ofWarnings, text, null);
  }

  @Override
  public void warn(String format, Object argument) {
    logFormatted(ofWarnings, format, argument);
  }

  @Override
  public void warn(String format, Object first, Object second) {
    logFormatted(ofWarnings, format, first, second);
  }

  @Override
  public void warn(String format, Object... arguments) {
    logFormatted(ofWarnings, format, arguments);
  }

  @Override
  public void warn(String text, Throwable thrown) {
    log(ofWarnings, text, thrown);
  }

  @Override
  public boolean isErrorEnabled() {
    return log.logs(Log.Level.WARNING);
  }

  @Override
  public void error(String text) {
    log(Log.Level.WARNING, text, null);
  }

  @Override
  public void error(String format, Object argument) {
    logFormatted(Log.Level.WARNING, format, argument);
  }

  @Override
  public void error(String format, Object first, Object second) {
    logFormatted(Log.Level.WARNING, format, first, second);
  }

  @Override
  public void error(String format, Object... arguments) {
    logFormatted(Log.Level.WARNING, format, arguments);
  }

  @Override
  public void error(String text, Throwable thrown) {
    log(Log.Level.WARNING, text, thrown);
  }
}
