package io.redoubt.dist.cli.interactive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.help.CommandHelp;
import io.redoubt.dist.cli.session.LineRunner;
import io.redoubt.dist.cli.session.Session;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jline.keymap.KeyMap;
import org.jline.reader.Binding;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.Highlighter;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.reader.Widget;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import org.jline.utils.InfoCmp;
import org.jspecify.annotations.Nullable;

/**
 * Reads lines from a terminal and runs them. Ctrl-C interrupts a blocking command or a mode that
 * prints messages. At the prompt it discards the line, or ends the program if the line is empty.
 */
public final class Shell {
  /** The least number of colors of a terminal that has gray. */
  private static final int COLORS_WITH_GRAY = 16;

  /**
   * The codes of arrow keys outside of application mode; terminfo lists only the codes within it.
   */
  private static final Map<String, String> ARROWS =
      Map.of(
          "\u001b[A",
          LineReader.UP_LINE_OR_HISTORY,
          "\u001b[B",
          LineReader.DOWN_LINE_OR_HISTORY,
          "\u001b[C",
          LineReader.FORWARD_CHAR,
          "\u001b[D",
          LineReader.BACKWARD_CHAR);

  private final Session session;
  private final LineRunner lines;
  private final CommandHelp help;
  private final Map<String, String> environment;
  private final PrintStream out;
  private final HistoryFile history;
  private boolean lineIsDone;

  /**
   * Creates a shell.
   *
   * @param environment the environment variables, some of which name the user's files
   */
  public Shell(
      Session session,
      LineRunner lines,
      CommandHelp help,
      Map<String, String> environment,
      PrintStream out) {
    this.session = session;
    this.lines = lines;
    this.help = help;
    this.environment = environment;
    this.out = out;
    this.history = new HistoryFile(dotFile("REDISCLI_HISTFILE", ".rediscli_history"));
  }

  /** Returns true if lines can be edited on a terminal of this kind. */
  public static boolean supports(Map<String, String> environment) {
    String kind = environment.getOrDefault("TERM", "dumb");
    return !kind.equals("dumb") && !kind.isEmpty();
  }

  /** Reads and runs lines until the user leaves; returns the exit status. */
  public int run() throws IOException {
    readPreferences();
    try (Terminal terminal =
        TerminalBuilder.builder()
            .name("redis-cli")
            .system(true)
            .provider("ffm")
            .dumb(false)
            // Its probe would discard keys typed during the start.
            .graphemeCluster(false)
            .encoding(UTF_8)
            .build()) {
      terminal.handle(Terminal.Signal.INT, _ -> session.abort());
      return run(reader(terminal));
    }
  }

  private LineReader reader(Terminal terminal) {
    LineReader reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .appName("redis-cli")
            .parser(WholeLine.parser())
            .completer((_, line, candidates) ->
                help.completions(line.line().substring(0, line.cursor()))
                    .forEach(text -> candidates.add(new Candidate(text))))
            .highlighter(hints(terminal))
            .variable(LineReader.HISTORY_SIZE, HistoryFile.MOST_LINES)
            .history(new KeptHistory(history))
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            // Pasted lines are run one by one.
            .option(LineReader.Option.BRACKETED_PASTE, false)
            .build();
    reader
        .getWidgets()
        .put(
            LineReader.ACCEPT_LINE,
            () -> {
              lineIsDone = true;
              reader.callWidget("." + LineReader.ACCEPT_LINE);
              return true;
            });
    KeyMap<Binding> bindings = Objects.requireNonNull(reader.getKeyMaps().get(LineReader.MAIN));
    ARROWS.forEach((keys, widget) -> bindings.bind(new Reference(widget), keys));
    readInterruptsAsKeys(reader, bindings);
    return reader;
  }

  /**
   * Reads Ctrl-C as a key while a line is edited. A signal would overtake earlier keys: the
   * terminal would discard them, the line would seem empty, and the program would end.
   */
  private static void readInterruptsAsKeys(LineReader reader, KeyMap<Binding> bindings) {
    reader
        .getWidgets()
        .put(
            LineReader.CALLBACK_INIT,
            () -> {
              Attributes attributes = reader.getTerminal().getAttributes();
              attributes.setControlChar(Attributes.ControlChar.VINTR, 0);
              reader.getTerminal().setAttributes(attributes);
              return true;
            });
    Widget interrupt =
        () -> {
          throw new UserInterruptException(reader.getBuffer().toString());
        };
    bindings.bind(interrupt, KeyMap.ctrl('C'));
  }

  private int run(LineReader reader) {
    while (true) {
      session.resume();
      lines.refreshHelp();
      out.flush();
      lineIsDone = false;
      String line;
      try {
        line = reader.readLine(lines.prompt().replace("%", "%%"));
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          return 0;
        }
        continue;
      } catch (EndOfFileException e) {
        return 0;
      }
      if (!lines.run(line.getBytes(UTF_8))) {
        return 0;
      }
    }
  }

  /** Shows the hint after the typed line. */
  private Highlighter hints(Terminal terminal) {
    Integer colors = terminal.getNumericCapability(InfoCmp.Capability.max_colors);
    AttributedStyle style =
        colors != null && colors >= COLORS_WITH_GRAY
            ? AttributedStyle.DEFAULT.foreground(AttributedStyle.BRIGHT + AttributedStyle.BLACK)
            : AttributedStyle.DEFAULT.faint();
    return (reader, buffer) -> {
      AttributedStringBuilder text = new AttributedStringBuilder().append(buffer);
      boolean atEnd = reader.getBuffer().cursor() == reader.getBuffer().length();
      String hint = lineIsDone || !atEnd ? null : help.hint(buffer);
      if (hint != null) {
        int width = terminal.getSize().getColumns();
        int used = lines.prompt().length() + text.columnLength();
        int room = width <= 0 ? hint.length() : width - 1 - used;
        text.append(hint.substring(0, Math.clamp(room, 0, hint.length())), style);
      }
      return text.toAttributedString();
    };
  }

  private void readPreferences() {
    Path file = dotFile("REDISCLI_RCFILE", ".redisclirc");
    if (file == null || !Files.isRegularFile(file)) {
      return;
    }
    try {
      for (String line : Files.readAllLines(file, UTF_8)) {
        lines.preference(line, ".redisclirc: ");
      }
    } catch (IOException e) {
      out.print(".redisclirc: can't be read\n");
    }
  }

  /** Returns a file of the user, or null if it is {@code /dev/null} or there is no home folder. */
  private @Nullable Path dotFile(String variable, String name) {
    String named = environment.getOrDefault(variable, "");
    if (named.equals("/dev/null")) {
      return null;
    }
    String home = environment.getOrDefault("HOME", "");
    if (!named.isEmpty()) {
      return Path.of(named);
    }
    return home.isEmpty() ? null : Path.of(home, name);
  }
}
