package io.redoubt.dist.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.cluster.ClusterMode;
import io.redoubt.dist.cli.help.CommandHelp;
import io.redoubt.dist.cli.interactive.Shell;
import io.redoubt.dist.cli.session.CommandRunner;
import io.redoubt.dist.cli.session.LineRunner;
import io.redoubt.dist.cli.session.LuaDebugger;
import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.cli.session.Printing;
import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.Target;
import io.redoubt.dist.client.UsageException;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The program {@code redis-cli}: runs the command of its command line, one command a line of its
 * standard input, or a special mode.
 */
public final class RedisCli {
  /** The standard streams of a run. */
  public record Streams(InputStream in, PrintStream out, PrintStream err) {}

  private final CliOptions options;
  private final Map<String, String> environment;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Printing printing;
  private final boolean fromTerminal;
  private final boolean toTerminal;

  private RedisCli(
      CliOptions options,
      Map<String, String> environment,
      Streams streams,
      boolean fromTerminal,
      boolean toTerminal) {
    this.options = options;
    this.environment = environment;
    this.in = streams.in();
    this.out = streams.out();
    this.err = streams.err();
    this.fromTerminal = fromTerminal;
    this.toTerminal = toTerminal;
    OutputForm wanted = options.form;
    Boolean pushes = options.showsPushes;
    this.printing =
        new Printing(
            wanted != null
                ? wanted
                : toTerminal || options.debugs ? OutputForm.STANDARD : OutputForm.RAW,
            options.elementDelimiter,
            options.replyDelimiter,
            options.failsOnError && !options.command.isEmpty(),
            pushes != null ? pushes : toTerminal,
            toTerminal && options.command.isEmpty());
  }

  public static void main(String[] words) {
    Map<String, String> environment = System.getenv();
    // Redis' own tests set FAKETTY to get the output of a terminal.
    boolean toTerminal = isTerminal(1) || environment.containsKey("FAKETTY");
    int status =
        run(
            Arrays.asList(words),
            environment,
            new Streams(System.in, System.out, System.err),
            isTerminal(0),
            toTerminal);
    System.exit(status);
  }

  /**
   * Runs the program with the given command line and streams.
   *
   * @return the exit status
   */
  public static int run(
      List<String> words,
      Map<String, String> environment,
      Streams streams,
      boolean fromTerminal,
      boolean toTerminal) {
    PrintStream out = new PrintStream(new BufferedOutputStream(streams.out()), false, ISO_8859_1);
    try {
      CliOptions options = CliOptions.parse(words, environment);
      Streams buffered = new Streams(new BufferedInputStream(streams.in()), out, streams.err());
      return new RedisCli(options, environment, buffered, fromTerminal, toTerminal).run();
    } catch (UsageException e) {
      out.flush();
      streams.err().print(e.getMessage() + "\n");
      return 1;
    } catch (OutOfMemoryError full) {
      streams
          .err()
          .print("Error: Out of memory. REDOUBT_JAVA_OPTS=-Xmx8g gives redis-cli up to 8 GB.\n");
      return 1;
    } finally {
      out.flush();
    }
  }

  /**
   * Returns true if the descriptor is a terminal. System.console() requires that input and output
   * both are.
   */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  private int run() throws UsageException {
    switch (options.special) {
      case HELP -> {
        out.print("redis-cli " + Version.REDIS + "\n\n" + CliHelp.TEXT);
        return 0;
      }
      case VERSION -> {
        out.print(Version.lines("redis-cli"));
        return 0;
      }
      default -> {}
    }
    if (options.warnsOfPassword()) {
      err.print(
          "Warning: Using a password with '-a' or '-u' option on the command line interface may"
              + " not be safe.\n");
    }
    try {
      Target target = options.target();
      if (options.asksForPassword) {
        target = target.withLogin(target.user(), askPassword());
      }
      if (options.cluster.isChosen()) {
        return new ClusterMode(options.cluster, target, in, out, err).run();
      }
      try (Session session = new Session(target, out, err)) {
        return run(session);
      }
    } catch (IOException e) {
      err.print("Error: " + SystemErrors.text(e) + "\n");
      return 1;
    }
  }

  private int run(Session session) throws IOException, UsageException {
    if (options.special != CliOptions.Special.NONE && options.special != CliOptions.Special.EVAL) {
      return new SpecialModes(options, printing.form(), session, in, out, err).run();
    }
    CommandRunner runner = new CommandRunner(session, printing, options.followsCluster, out, err);
    if (options.special == CliOptions.Special.EVAL) {
      byte[][] arguments = script();
      if (options.debugs) {
        return debug(session, runner, arguments);
      }
      return session.connect() ? runner.repeat(arguments, 1, 0) : 1;
    }
    if (options.command.isEmpty()) {
      session.connect();
      return runLines(session, runner, null);
    }
    byte[][] words;
    try {
      words = options.arguments();
    } catch (UsageException e) {
      out.print(e.getMessage() + "\n"); // Redis' client prints this one to standard output
      return 1;
    }
    byte[][] arguments = withInput(words);
    return session.connect()
        ? runner.repeat(arguments, options.repeat, options.intervalSeconds)
        : 1;
  }

  private int debug(Session session, CommandRunner runner, byte[][] script) throws IOException {
    LuaDebugger debugger = new LuaDebugger(session, script, options.debugKeepsChanges, out);
    return debugger.start() ? runLines(session, runner, debugger) : 1;
  }

  private int runLines(Session session, CommandRunner runner, @Nullable LuaDebugger debugger)
      throws IOException {
    boolean prompts = fromTerminal && toTerminal;
    CommandHelp help = new CommandHelp();
    LineRunner lines =
        new LineRunner(session, runner, out, options.intervalSeconds, prompts, help, debugger);
    return prompts && Shell.supports(environment)
        ? new Shell(session, lines, help, environment, out).run()
        : lines.run(in);
  }

  private String askPassword() throws IOException {
    Console console = fromTerminal ? System.console() : null;
    if (console == null) {
      return new String(LineRunner.line(in), UTF_8);
    }
    char[] password = console.readPassword("Please input password: ");
    return password == null ? "" : new String(password);
  }

  /** Returns the EVAL command of a script file; a comma separates keys from arguments. */
  private byte[][] script() throws UsageException {
    byte[] text;
    try {
      text = Files.readAllBytes(Path.of(options.specialFile));
    } catch (IOException e) {
      throw new UsageException(
          "Can't open file '" + options.specialFile + "': " + SystemErrors.text(e));
    }
    int comma = options.command.indexOf(",");
    int keys = comma < 0 ? options.command.size() : comma;
    List<byte[]> words = new ArrayList<>();
    words.add("EVAL".getBytes(UTF_8));
    words.add(text);
    words.add(Integer.toString(keys).getBytes(UTF_8));
    byte[][] arguments = options.arguments();
    for (int i = 0; i < arguments.length; i++) {
      if (i != comma) {
        words.add(arguments[i]);
      }
    }
    return words.toArray(byte[][]::new);
  }

  private byte[][] withInput(byte[][] arguments) throws IOException, UsageException {
    byte[] tag = options.argumentTag == null ? null : options.argumentTag.getBytes(UTF_8);
    if (tag != null) {
      for (int i = 0; i < arguments.length; i++) {
        if (Arrays.equals(arguments[i], tag)) {
          arguments[i] = in.readAllBytes();
          return arguments;
        }
      }
      throw new UsageException("Using -X option but stdin tag not match.");
    }
    if (!options.readsLastArgument) {
      return arguments;
    }
    byte[][] longer = Arrays.copyOf(arguments, arguments.length + 1);
    longer[arguments.length] = in.readAllBytes();
    return longer;
  }
}
