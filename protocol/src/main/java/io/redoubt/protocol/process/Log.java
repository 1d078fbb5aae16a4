package io.redoubt.protocol.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Console;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The process' log in Redis' form: {@code 4711:M 20 Nov 2026 07:33:47.638 * text}, that is pid, a
 * letter for the role, local time, a mark for the level.
 *
 * <p>A file is opened for each message, so that it may be moved away at any time. Messages may come
 * from any thread.
 */
public final class Log {
  private static final int MOST_CHARACTERS = 1024;
  private static final int MOST_STACK_LINES = 50;

  /** To the beginning of the line, of which the terminal then forgets the rest. */
  private static final byte[] CLEAR_LINE = "\r\033[K".getBytes(UTF_8);

  private static final String[] MONTHS = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };

  /** How important a message is, the least important first. */
  public enum Level {
    /** For those who look for a mistake. */
    DEBUG('.'),
    /** Rarely of use. */
    VERBOSE('-'),
    /** What an operator wants to read. */
    NOTICE('*'),
    /** What an operator must read. */
    WARNING('#'),
    /** No message has this level: nothing is logged. */
    NOTHING(' ');

    private final char mark;

    Level(char mark) {
      this.mark = mark;
    }
  }

  /** Tells the letter of the process' role in this moment. */
  @FunctionalInterface
  public interface Role {
    /** M master, S replica, X sentinel, C not serving yet. */
    char letter();
  }

  private final Clock clock;
  private final ZoneId zone;
  private final long pid;
  private final OutputStream standardOutput;
  private volatile Level level = Level.NOTICE;
  private volatile Role role = () -> 'C';
  private volatile boolean silent;
  private volatile boolean isShown;
  private volatile boolean mayBeTerminal;
  private volatile @Nullable Path file;

  /** A log of level notice, with the letter C, to {@code standardOutput}. */
  public Log(Clock clock, ZoneId zone, long pid, OutputStream standardOutput) {
    this.clock = clock;
    this.zone = zone;
    this.pid = pid;
    this.standardOutput = standardOutput;
  }

  /** This process' log to its standard output. */
  public static Log ofThisProcess(Clock clock) {
    Log log = new Log(clock, ZoneId.systemDefault(), ProcessHandle.current().pid(), System.out);
    log.mayBeTerminal = true;
    return log;
  }

  /** A log that nobody reads. */
  public static Log silent(Clock clock) {
    Log log = new Log(clock, ZoneId.systemDefault(), 0, OutputStream.nullOutputStream());
    log.silent = true;
    return log;
  }

  /** Logs messages of this importance and above. */
  public void level(Level least) {
    level = least;
  }

  /** Has the letter of the role told by {@code teller}. */
  public void role(Role teller) {
    role = teller;
  }

  /**
   * Logs to this file, or to standard output when it is null.
   *
   * @throws IOException when the file can't be opened for appending
   */
  public void file(@Nullable Path newFile) throws IOException {
    if (newFile != null) {
      new FileOutputStream(newFile.toFile(), true).close();
    }
    file = newFile;
  }

  /** Stops logging where no file is set: in the background, standard output has no reader. */
  public void withoutStandardOutput() {
    silent = true;
  }

  /** Whether a message of this level would be logged. */
  public boolean logs(Level of) {
    return of.compareTo(level) >= 0 && (!silent || file != null);
  }

  /** Logs for those who look for a mistake; {@code format} as of {@link String#format}. */
  public void debug(String format, @Nullable Object... arguments) {
    log(Level.DEBUG, format, arguments);
  }

  /** Logs what is rarely of use. */
  public void verbose(String format, @Nullable Object... arguments) {
    log(Level.VERBOSE, format, arguments);
  }

  /** Logs what an operator wants to read. */
  public void notice(String format, @Nullable Object... arguments) {
    log(Level.NOTICE, format, arguments);
  }

  /** Logs what an operator must read. */
  public void warning(String format, @Nullable Object... arguments) {
    log(Level.WARNING, format, arguments);
  }

  /** Logs a fault of the program, with its stack line by line. */
  public void fault(String where, Throwable fault) {
    warning("Fault %s", where);
    StringWriter stack = new StringWriter();
    fault.printStackTrace(new PrintWriter(stack));
    stack.toString().lines().limit(MOST_STACK_LINES).forEach(line -> warning("%s", line));
  }

  /** Logs at the level; without arguments {@code format} is the message itself. */
  public void log(Level of, String format, @Nullable Object... arguments) {
    if (logs(of)) {
      String text = arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments);
      write(prefix(of).append(cut(text)).append('\n').toString());
    }
  }

  /** Logs from a signal's handler, in the form that Redis has for these. */
  public void fromSignalHandler(String text) {
    if (logs(Level.WARNING)) {
      long seconds = Math.floorDiv(clock.wallMillis(), 1000);
      write(pid + ":signal-handler (" + seconds + ") " + text + "\n");
    }
  }

  private static String cut(String text) {
    return text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) : text;
  }

  private StringBuilder prefix(Level of) {
    long millis = clock.wallMillis();
    LocalDateTime time = LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), zone);
    StringBuilder line = new StringBuilder(128);
    line.append(pid).append(':').append(role.letter()).append(' ');
    padded(line, time.getDayOfMonth(), 10).append(' ');
    line.append(MONTHS[time.getMonthValue() - 1]).append(' ').append(time.getYear()).append(' ');
    padded(line, time.getHour(), 10).append(':');
    padded(line, time.getMinute(), 10).append(':');
    padded(line, time.getSecond(), 10).append('.');
    padded(line, (int) Math.floorMod(millis, 1000L), 100).append(' ');
    return line.append(of.mark).append(' ');
  }

  /** Appends the number with as many digits as {@code unit} has at the least. */
  private static StringBuilder padded(StringBuilder line, int number, int unit) {
    for (int at = unit; at > 1 && number < at; at /= 10) {
      line.append('0');
    }
    return line.append(number);
  }

  /**
   * Shows a text of one line that the next one, or the next message, takes the place of: for
   * somebody who looks on.
   *
   * @return false when nobody does, for this does not go to a terminal: nothing is shown then
   */
  public boolean show(String text) {
    if (!mayBeTerminal || silent || file != null || !isTerminal()) {
      return false;
    }
    write(text);
    isShown = true;
    return true;
  }

  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** A log that can't be written is no reason to stop serving, and there is nobody to tell. */
  @SuppressWarnings("EmptyCatch")
  private synchronized void write(String line) {
    Path to = file;
    byte[] bytes = line.getBytes(UTF_8);
    try {
      if (to == null) {
        if (isShown) {
          standardOutput.write(CLEAR_LINE);
          isShown = false;
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
