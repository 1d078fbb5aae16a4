package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.help.CommandHelp;
import io.redoubt.dist.client.ClientConnection;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Runs lines of input: commands of the server and of the client itself. */
public final class LineRunner {
  private static final int MAX_PORT = 65535;
  private static final String CLEAR_SCREEN = "\u001b[H\u001b[2J";
  private static final String NUMBER = "[0-9]{1,9}";

  private final Session session;
  private final CommandRunner runner;
  private final PrintStream out;
  private final double intervalSeconds;
  private final boolean prompts;
  private final CommandHelp help;

  /** Receives lines while a script is debugged; null without {@code --ldb}. */
  private final @Nullable LuaDebugger debugger;

  /** The connection over which commands were last requested; null requests them again. */
  private @Nullable ClientConnection asked;

  /**
   * Creates a runner.
   *
   * @param intervalSeconds the pause after each command
   * @param prompts prints a prompt before it reads
   * @param help shown by {@code help}
   * @param debugger gets the lines while it is active; null without {@code --ldb}
   */
  public LineRunner(
      Session session,
      CommandRunner runner,
      PrintStream out,
      double intervalSeconds,
      boolean prompts,
      CommandHelp help,
      @Nullable LuaDebugger debugger) {
    this.session = session;
    this.runner = runner;
    this.out = out;
    this.intervalSeconds = intervalSeconds;
    this.prompts = prompts;
    this.help = help;
    this.debugger = debugger;
  }

  private boolean isDebugging() {
    return debugger != null && debugger.isActive();
  }

  /** Runs all lines of a stream; returns the exit status. */
  public int run(InputStream in) throws IOException {
    while (true) {
      if (prompts) {
        out.print(prompt());
      }
      out.flush();
      in.mark(1);
      if (in.read() < 0) {
        return 0;
      }
      in.reset();
      if (!run(line(in))) {
        return 0;
      }
    }
  }

  /** Returns the prompt, such as {@code 127.0.0.1:6379[3](TX)> }. */
  public String prompt() {
    if (isDebugging()) {
      return "lua debugger> ";
    }
    if (!session.isConnected()) {
      return "not connected> ";
    }
    Target target = session.target();
    return (target.socket() != null ? "redis " + target.socket() : target.address())
        + (target.database() == 0 ? "" : "[" + target.database() + "]")
        + (runner.isInTransaction() ? "(TX)" : "")
        + "> ";
  }

  /** Returns the next line of a stream, empty at its end. */
  public static byte[] line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      line.write(b);
    }
    return line.toByteArray();
  }

  /** Runs a line; returns false if it ends the program. */
  public boolean run(byte[] line) {
    if (debugger != null && debugger.takes(line)) {
      return debugger.run(line);
    }
    List<byte[]> words = Quoting.split(line);
    if (words == null) {
      out.print("Invalid argument(s)\n");
      return true;
    }
    if (words.isEmpty()) {
      return true;
    }
    String first = CommandRunner.name(words.getFirst());
    switch (first) {
      case "quit", "exit" -> {
        return false;
      }
      case "clear" -> out.print(CLEAR_SCREEN);
      case "help", "?" -> {
        refreshHelp();
        out.print(help.text(texts(words.subList(1, words.size()))));
      }
      default -> {
        if (first.equals("connect") && words.size() == 3) {
          connect(words.get(1), words.get(2));
        } else if (first.startsWith(":")) {
          preference(new String(line, UTF_8), "");
        } else {
          runCommand(first, words);
        }
      }
    }
    return true;
  }

  private void runCommand(String first, List<byte[]> words) {
    long times = 1;
    List<byte[]> command = words;
    if (words.size() > 1 && first.matches(NUMBER)) {
      times = Long.parseLong(first);
      command = words.subList(1, words.size());
      if (times == 0) {
        out.print("Invalid redis-cli repeat command option value.\n");
        return;
      }
    }
    if (session.isConnected() || session.connect()) {
      runner.repeat(command.toArray(byte[][]::new), times, intervalSeconds);
    }
    String name = CommandRunner.name(command.getFirst());
    if (name.equals("auth") || name.equals("hello")) {
      asked = null; // the new user may have the permission
    }
  }

  /**
   * Sets a preference of the user.
   *
   * @param line the words, such as {@code :set hints}
   * @param where the prefix of error messages
   */
  public void preference(String line, String where) {
    String[] words = line.strip().split("\\s+", -1);
    String value = words.length > 1 ? words[1].toLowerCase(Locale.ROOT) : "";
    if (words[0].isEmpty()) {
      return;
    }
    if (!words[0].equalsIgnoreCase(":set") || words.length < 2) {
      out.print(where + "unknown redis-cli internal command '" + words[0] + "'\n");
    } else if (value.equals("hints") || value.equals("nohints")) {
      help.showHints(value.equals("hints"));
    } else {
      out.print(where + "unknown redis-cli preference '" + words[1] + "'\n");
    }
  }

  /**
   * Loads the server's documentation of commands, unless it is loaded or this connection was
   * already refused.
   */
  public void refreshHelp() {
    if (!session.isConnected() || runner.isInTransaction() || isDebugging()) {
      return;
    }
    ClientConnection connection = session.connection();
    String address = session.target().address();
    if (connection == asked || !help.needs(address)) {
      return;
    }
    asked = connection;
    try {
      help.load(connection, address);
    } catch (IOException | ProtocolException e) {
      if (!session.isAborted()) {
        session.lost(e);
      }
    }
  }

  /** Returns true if a line may contain a password and must not be kept. */
  public static boolean hasPassword(String line) {
    List<byte[]> parts = Quoting.split(line.getBytes(UTF_8));
    String[] plain = line.strip().toLowerCase(Locale.ROOT).split("\\s+", -1);
    List<String> words =
        parts == null ? List.of(plain) : parts.stream().map(CommandRunner::name).toList();
    if (words.size() > 1 && words.getFirst().matches(NUMBER)) {
      words = words.subList(1, words.size());
    }
    return !words.isEmpty() && SensitiveCommands.isSensitive(words);
  }

  private static List<String> texts(List<byte[]> words) {
    return words.stream().map(word -> new String(word, UTF_8)).toList();
  }

  private void connect(byte[] host, byte[] port) {
    String number = new String(port, ISO_8859_1);
    int parsed = number.matches("[0-9]{1,5}") ? Integer.parseInt(number) : -1;
    if (parsed < 0 || parsed > MAX_PORT) {
      out.print("Invalid server port.\n");
      return;
    }
    session.setTarget(session.target().at(new String(host, ISO_8859_1), parsed));
    runner.onNewConnection();
    session.connect();
  }
}
