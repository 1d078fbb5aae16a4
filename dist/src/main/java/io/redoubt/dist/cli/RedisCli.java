package io.redoubt.dist.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The program {@code redis-cli}: runs the command of its command line, or one command a line of its
 * standard input.
 */
public final class RedisCli {
  private static final String HELP =
      """
      Usage: redis-cli [OPTIONS] [cmd [arg [arg ...]]]
        -h <hostname>      Server host name (default: 127.0.0.1).
        -p <port>          Server port (default: 6379).
        -s <socket>        Unix socket, in place of host and port.
        -a, --pass <word>  Password; the variable REDISCLI_AUTH is safer.
        --user <username>  User of the password (ACL).
        -u <uri>           redis://[[user]:password@]host[:port][/database]
        -n <db>            Database number.
        -r <repeat>        Runs the command so often; -1 for ever.
        -i <interval>      Waits so many seconds after each run of -r, such as 0.1.
        -x                 Reads the last argument from standard input.
        -X <tag>           Reads the argument that equals the tag from standard input.
        -2, -3             Protocol RESP2 or RESP3.
        -d <delimiter>     Between elements of raw output (default: a line feed).
        -D <delimiter>     After each raw reply (default: a line feed).
        -e                 Exits with status 1 if the command returns an error.
        --raw              Bare output, the default if standard output is no terminal.
        --no-raw           Output for people in any case.
        --csv              Output in CSV.
        --json             Output in JSON; RESP3 unless -2 is given first.
        --quoted-json      The same, with strings quoted so that any bytes survive.
        --quoted-input     Arguments are in quotes, with escapes.
        --no-auth-warning  No warning of a password on the command line.
        --help, --version  This text, the version.
      Without a command, commands are read from standard input, one a line.
      """;

  private final CliOptions options;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final OutputForm form;
  private final ReplyFormatter formatter;
  private @Nullable CliConnection connection;
  private int database;

  RedisCli(
      CliOptions options, boolean toTerminal, InputStream in, PrintStream out, PrintStream err) {
    this.options = options;
    this.in = in;
    this.out = out;
    this.err = err;
    OutputForm wanted = options.form;
    form = wanted != null ? wanted : toTerminal ? OutputForm.STANDARD : OutputForm.RAW;
    formatter = new ReplyFormatter(form, options.elementDelimiter, options.replyDelimiter);
    database = options.database;
  }

  /** Runs the program. */
  public static void main(String[] words) {
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, ISO_8859_1);
    int status;
    try {
      CliOptions options = CliOptions.parse(Arrays.asList(words), System.getenv());
      InputStream in = new BufferedInputStream(System.in);
      RedisCli cli = new RedisCli(options, isTerminal(1), in, out, System.err);
      status = cli.run(isTerminal(0));
    } catch (UsageException e) {
      System.err.println(e.getMessage());
      status = 1;
    }
    out.flush();
    System.exit(status);
  }

  /** Returns true if the descriptor is a terminal. System.console() would need two of them. */
  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  /** Runs the command or those of standard input; returns the exit status. */
  int run(boolean fromTerminal) throws UsageException {
    if (options.showsVersion) {
      out.print("redis-cli " + Version.REDIS + "\n");
      return 0;
    }
    if (options.showsHelp) {
      out.print(HELP);
      return 0;
    }
    if (options.warnsOfPassword()) {
      err.print(
          "Warning: Using a password with '-a' or '-u' option on the command line interface may"
              + " not be safe.\n");
    }
    try {
      if (options.command.isEmpty()) {
        connect();
        return lines(fromTerminal);
      }
      byte[][] arguments = withInput(options.arguments());
      return connect() ? repeat(arguments, options.repeat) : 1;
    } catch (IOException e) {
      err.print("Error: " + SystemErrors.text(e) + "\n");
      return 1;
    } finally {
      disconnect();
    }
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

  private int lines(boolean fromTerminal) throws IOException {
    while (true) {
      if (fromTerminal) {
        out.print(prompt());
      }
      out.flush();
      byte[] line = line();
      if (line == null) {
        return 0;
      }
      List<byte[]> words = Quoting.split(line);
      if (words == null) {
        out.print("Invalid argument(s)\n");
        continue;
      }
      if (words.isEmpty()) {
        continue;
      }
      String first = name(words.getFirst());
      if (first.equals("quit") || first.equals("exit")) {
        return 0;
      }
      long times = 1;
      if (words.size() > 1 && first.matches("[0-9]{1,9}")) {
        times = Long.parseLong(first);
        words = words.subList(1, words.size());
        if (times == 0) {
          out.print("Invalid redis-cli repeat command option value.\n");
          continue;
        }
      }
      if (connection != null || connect()) {
        repeat(words.toArray(byte[][]::new), times);
      }
    }
  }

  private String prompt() {
    if (connection == null) {
      return "not connected> ";
    }
    String address =
        options.socket != null ? "redis " + options.socket : options.host + ":" + options.port;
    return address + (database == 0 ? "" : "[" + database + "]") + "> ";
  }

  /** Returns the next line of standard input, or null at its end. */
  private byte @Nullable [] line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b = in.read();
    if (b < 0) {
      return null;
    }
    while (b >= 0 && b != '\n') {
      line.write(b);
      b = in.read();
    }
    return line.toByteArray();
  }

  private static String name(byte[] word) {
    return new String(word, ISO_8859_1).toLowerCase(Locale.ROOT);
  }

  /** Connects and introduces itself; returns false after it has told why it can't. */
  private boolean connect() throws IOException {
    CliConnection opened;
    try {
      opened = CliConnection.open(options.host, options.port, options.socket);
    } catch (IOException e) {
      String server = options.socket != null ? options.socket : options.host + ":" + options.port;
      err.print("Could not connect to Redis at " + server + ": " + SystemErrors.text(e) + "\n");
      return false;
    }
    connection = opened;
    try {
      if (options.password != null) {
        List<String> auth = new ArrayList<>(List.of("AUTH"));
        if (options.user != null) {
          auth.add(options.user);
        }
        auth.add(options.password);
        introduce(opened, "AUTH failed: ", auth);
      }
      if (database != 0) {
        List<String> select = List.of("SELECT", Integer.toString(database));
        introduce(opened, "SELECT " + database + " failed: ", select);
      }
      if (options.protocol == 3) {
        introduce(opened, "HELLO 3 failed: ", List.of("HELLO", "3"));
      }
      return true;
    } catch (EOFException e) {
      return lost("Server closed the connection");
    } catch (ProtocolException e) {
      return lost(e.getMessage());
    }
  }

  private void introduce(CliConnection to, String failure, List<String> words)
      throws IOException, ProtocolException {
    to.send(words.stream().map(word -> word.getBytes(UTF_8)).toArray(byte[][]::new));
    if (to.receive() instanceof Reply.Error error) {
      err.print(failure + error.message() + "\n");
    }
  }

  private boolean lost(@Nullable String why) throws IOException {
    out.flush();
    err.print("Error: " + why + "\n");
    disconnect();
    return false;
  }

  private void disconnect() {
    CliConnection closed = connection;
    connection = null;
    if (closed != null) {
      try {
        closed.close();
      } catch (IOException e) {
        err.print("Error: " + SystemErrors.text(e) + "\n");
      }
    }
  }

  /** Runs a command so often, for ever if negative; returns the exit status. */
  private int repeat(byte[][] arguments, long times) throws IOException {
    for (long done = 0; times < 0 || done < times; done++) {
      CliConnection open = connection;
      if (open == null || !runOnce(open, arguments)) {
        return 1;
      }
      out.flush();
      if (options.intervalSeconds > 0) {
        try {
          TimeUnit.MICROSECONDS.sleep((long) (options.intervalSeconds * 1e6));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return 1;
        }
      }
    }
    return 0;
  }

  /** Runs a command once; returns false if its error or a lost connection ends the program. */
  private boolean runOnce(CliConnection open, byte[][] arguments) throws IOException {
    String name = name(arguments[0]);
    try {
      open.send(arguments);
      return switch (name) {
        case "subscribe", "psubscribe", "ssubscribe" -> {
          if (form != OutputForm.RAW) {
            out.print("Reading messages... (press Ctrl-C to quit)\n");
          }
          yield follow(open);
        }
        case "monitor" -> follow(open);
        default -> {
          Reply reply = open.receive();
          while (reply instanceof Reply.Push) {
            reply = open.receive(); // such as an invalidation, which belongs to no command
          }
          yield show(reply, name, arguments);
        }
      };
    } catch (EOFException e) {
      if (name.equals("shutdown")) {
        disconnect();
        return true;
      }
      return lost("Server closed the connection");
    } catch (ProtocolException e) {
      return lost(e.getMessage());
    } catch (IOException e) {
      return lost(SystemErrors.text(e));
    }
  }

  private boolean follow(CliConnection open) throws IOException, ProtocolException {
    while (true) {
      Reply reply = open.receive();
      out.print(formatter.format(reply, false));
      out.flush();
      if (reply instanceof Reply.Error) {
        return !options.failsOnError; // the command was refused, nothing follows
      }
    }
  }

  private boolean show(Reply reply, String name, byte[][] arguments) {
    if (reply instanceof Reply.Error error && options.failsOnError && !options.command.isEmpty()) {
      err.print(error.message() + "\n");
      return false;
    }
    if (name.equals("select") && reply instanceof Reply.Simple) {
      database = Integer.parseInt(new String(arguments[1], ISO_8859_1).trim());
    }
    out.print(formatter.format(reply, isReport(name, arguments)));
    return true;
  }

  /** Returns true if the reply is a text of several lines for people. */
  private static boolean isReport(String name, byte[][] arguments) {
    String second = arguments.length > 1 ? name(arguments[1]) : "";
    return switch (name) {
      case "info", "lolwut" -> true;
      case "debug" -> second.equals("htstats") || second.equals("htstats-key");
      case "memory" -> second.equals("malloc-stats") || second.equals("doctor");
      case "cluster" -> arguments.length == 2 && (second.equals("nodes") || second.equals("info"));
      case "client" -> second.equals("list") || second.equals("info");
      case "latency" -> second.equals("graph") || second.equals("doctor");
      default -> false;
    };
  }
}
