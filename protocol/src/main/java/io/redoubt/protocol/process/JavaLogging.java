package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Forwards {@code java.util.logging}, which parts of Java use, to the process' log. The logging
 * configuration is global to the JVM, so launchers use this class and embedded servers do not.
 *
 * <p>It is the configuration that Java reads by itself when something logs for the first time. That
 * search opens all jars of the program, so nothing here may cause it during the start.
 */
public final class JavaLogging {
  private static final String CONFIGURATION = "java.util.logging.config.class";

  /** Java's HTTP client would log the headers of requests, such as Authorization. */
  private static final String WITHOUT_HEADERS =
      "\nsun.net.www.protocol.http.HttpURLConnection.level=WARNING\n";

  private static final AtomicReference<@Nullable Log> TARGET = new AtomicReference<>();

  /** Configures Java's logging; for {@link LogManager}. */
  public JavaLogging() throws IOException {
    Log log = TARGET.get();
    boolean all = log != null && log.logs(Log.Level.DEBUG);
    String lines =
        "handlers="
            + Forwarding.class.getName()
            + "\n.level="
            + (all ? Level.FINE : Level.WARNING).getName()
            + WITHOUT_HEADERS;
    LogManager.getLogManager().readConfiguration(new ByteArrayInputStream(lines.getBytes(UTF_8)));
  }

  /**
   * Forwards warnings and errors of libraries to {@code log}; lower levels become debug messages.
   */
  public static void forwardTo(Log log) {
    TARGET.set(log);
    System.setProperty(CONFIGURATION, JavaLogging.class.getName());
  }

  /** Passes messages on; public because {@link LogManager} creates it. */
  public static final class Forwarding extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();

    /** Creates a handler without a configuration of its own. */
    public Forwarding() {}

    @Override
    public void publish(LogRecord message) {
      boolean isWarning = message.getLevel().intValue() >= Level.WARNING.intValue();
      Log.Level level = isWarning ? Log.Level.WARNING : Log.Level.DEBUG;
      Log log = TARGET.get();
      if (log != null && log.logs(level)) {
        log.log(level, "%s: %s", message.getLoggerName(), text(message));
      }
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
