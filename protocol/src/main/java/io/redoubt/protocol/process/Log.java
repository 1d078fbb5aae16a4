package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.PlainText;
import java.io.Console;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The process' log in Redis' format: {@code 4711:M 20 Nov 2026 07:33:47.638 * text}, which is the
 * pid, a letter for the role, local time and a mark for the level.
 *
 * <p>A message is one line: control characters in it, which a client or peer may have chosen,
 * become underscores.
 *
 * <p>The log file is opened for each message, so that it may be moved at any time. Thread-safe.
 */
public final class Log {
  private static final int MAX_CHARACTERS = 1024;
  private static final int MAX_STACK_LINES = 50;

  /** Without a locale: with any, even Locale.ROOT, Java would first load language data. */
  private static final @Nullable Locale NO_LOCALE = null;

  /** Returns the cursor to the start of the line and erases the line. */
  private static final byte[] CLEAR_LINE = "\r\033[K".getBytes(UTF_8);

  /** The importance of a message, in ascending order. */
  public enum Level {
    /** Details for debugging. */
    DEBUG('.', 7),
    /** Information that is rarely useful. */
    VERBOSE('-', 6),
    /** Information for operators. */
    NOTICE('*', 5),
    /** Problems that need an operator's attention. */
    WARNING('#', 4),
    /** A threshold above all messages: nothing is logged. */
    NOTHING(' ', 7);

    private final char mark;

    private final int syslogSeverity;

    Level(char mark, int syslogSeverity) {
      this.mark = mark;
      this.syslogSeverity = syslogSeverity;
    }

    /** Returns the severity of RFC 3164, section 4.1.1. */
    public int syslogSeverity() {
      return syslogSeverity;
    }

    /** Returns the character that marks messages of this level. */
    char mark() {
      return mark;
    }
  }

  /** Receives a copy of each message. */
  @FunctionalInterface
  public interface Copy {
    /** Receives a message, without a line end; one call at a time. Must not block. */
    void message(Level level, long wallMillis, String text);
  }

  private final Clock clock;
  private final ZoneId zone;
  private final long pid;
  private final OutputStream standardOutput;
  private volatile Level level = Level.NOTICE;
  private volatile boolean hidesUserData = true;
  private volatile char role = 'C';
  private volatile LogFormat form = LogFormat.LEGACY;
  private volatile @Nullable Copy copy;
  private volatile Consumer<String> statusReceiver = text -> {};
  private volatile boolean silent;
  private volatile boolean hasProgressLine;
  private volatile boolean mayBeTerminal;
  private volatile @Nullable Path file;

  /** Creates a log of level notice, with the letter C, to {@code standardOutput}. */
  public Log(Clock clock, ZoneId zone, long pid, OutputStream standardOutput) {
    this.clock = clock;
    this.zone = zone;
    this.pid = pid;
    this.standardOutput = standardOutput;
  }

  /** Returns a log of this process to its standard output. */
  public static Log ofThisProcess(Clock clock) {
    Log log = new Log(clock, LocalZone.get(), ProcessHandle.current().pid(), System.out);
    log.mayBeTerminal = true;
    return log;
  }

  /** Returns a log that discards all messages unless a file is set. */
  public static Log silent(Clock clock) {
    Log log = new Log(clock, LocalZone.get(), 0, OutputStream.nullOutputStream());
    log.silent = true;
    return log;
  }

  /** Sets the lowest level that is logged. */
  public void setLevel(Level least) {
    level = least;
  }

  /** Sets whether {@link UserData} in messages is hidden; it is at first. */
  public void setHidesUserData(boolean hides) {
    hidesUserData = hides;
  }

  /** Returns data of users as messages show it, to be part of a longer text. */
  public String shown(UserData data) {
    return data.text(hidesUserData);
  }

  /**
   * Sets the letter of the process' role: M for a master, S for a replica, X for a sentinel, C for
   * a process that does not serve yet.
   */
  public void setRole(char letter) {
    role = letter;
  }

  /** Sets the form of the lines. */
  public void setFormat(LogFormat newFormat) {
    form = newFormat;
  }

  /** Passes each message to {@code receiver}, too. */
  public void copyTo(Copy receiver) {
    copy = receiver;
  }

  /**
   * Logs to the file, or to standard output if it is null.
   *
   * @throws IOException if the file can't be opened for appending
   */
  public void setFile(@Nullable Path newFile) throws IOException {
    if (newFile != null) {
      new FileOutputStream(newFile.toFile(), true).close();
    }
    file = newFile;
  }

  /** Stops logging to standard output, which has no reader in the background. */
  public void withoutStandardOutput() {
    silent = true;
  }

  /** Returns true if messages of this level are logged. */
  public boolean logs(Level of) {
    return of.compareTo(level) >= 0 && (!silent || file != null || copy != null);
  }

  /** Logs details for debugging; {@code format} as in {@link String#format}. */
  public void debug(String format, @Nullable Object... arguments) {
    log(Level.DEBUG, format, arguments);
  }

  /** Logs information that is rarely useful. */
  public void verbose(String format, @Nullable Object... arguments) {
    log(Level.VERBOSE, format, arguments);
  }

  /** Logs information for operators. */
  public void notice(String format, @Nullable Object... arguments) {
    log(Level.NOTICE, format, arguments);
  }

  /** Logs a problem that needs an operator's attention. */
  public void warning(String format, @Nullable Object... arguments) {
    log(Level.WARNING, format, arguments);
  }

  /** Logs an unexpected exception with its stack, line by line. */
  public void fault(String where, Throwable fault) {
    warning("Fault %s", where);
    StringWriter stack = new StringWriter();
    fault.printStackTrace(new PrintWriter(stack));
    stack
        .toString()
        .lines()
        .limit(MAX_STACK_LINES)
        .forEach(line -> warning("%s", line.replace("\t", "    ")));
  }

  /** Logs at the given level; without arguments, {@code format} is the message itself. */
  public void log(Level of, String format, @Nullable Object... arguments) {
    if (logs(of)) {
      String text = arguments.length == 0 ? format : formatted(format, arguments);
      String message = PlainText.of(cut(text));
      long millis = clock.wallMillis();
      copy(of, millis, message);
      write(form.line(of, pid, role, millis, zone, message));
    }
  }

  /** Returns a message as it would be logged. */
  String formatted(String format, @Nullable Object... arguments) {
    @Nullable Object[] texts = arguments.clone();
    for (int i = 0; i < texts.length; i++) {
      if (texts[i] instanceof UserData data) {
        texts[i] = shown(data);
      }
    }
    return String.format(NO_LOCALE, format, texts);
  }

  /** Logs from a signal handler, in Redis' format for these. */
  public void fromSignalHandler(String text) {
    if (logs(Level.WARNING)) {
      long seconds = Math.floorDiv(clock.wallMillis(), 1000);
      write(pid + ":signal-handler (" + seconds + ") " + text + "\n");
    }
  }

  private synchronized void copy(Level of, long millis, String message) {
    Copy receiver = copy;
    if (receiver != null) {
      receiver.message(of, millis, message);
    }
  }

  private static String cut(String text) {
    return text.length() > MAX_CHARACTERS ? text.substring(0, MAX_CHARACTERS) : text;
  }

  /**
   * Shows a line of progress that the next line or message overwrites. Used on terminals only.
   *
   * @return false if the log does not go to a terminal; nothing is shown then
   */
  public boolean show(String text) {
    if (!mayBeTerminal || silent || file != null || !isTerminal()) {
      return false;
    }
    write(text);
    hasProgressLine = true;
    return true;
  }

  /** Passes each {@linkplain #status status} to a receiver, such as a service manager. */
  public void statusTo(Consumer<String> receiver) {
    statusReceiver = receiver;
  }

  /** Reports the current activity of the process to its service manager, as a sentence. */
  public void status(String text) {
    statusReceiver.accept(text);
  }

  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /**
   * Ignores failures: an unwritable log is no reason to stop serving, and there is no other place
   * to report it.
   */
  @SuppressWarnings("EmptyCatch")
  private synchronized void write(String line) {
    Path to = file;
    byte[] bytes = line.getBytes(UTF_8);
    try {
      if (to == null && silent) {
        return;
      }
      if (to == null) {
        if (hasProgressLine) {
          standardOutput.write(CLEAR_LINE);
          hasProgressLine = false;
        }
        standardOutput.write(bytes);
        standardOutput.flush();
        return;
      }
      try (OutputStream out = new FileOutputStream(to.toFile(), true)) {
        out.write(bytes);
      }
    } catch (IOException e) {
      // see above
    }
  }
}
