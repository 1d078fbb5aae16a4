package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.dist.client.Target;
import io.redoubt.dist.client.UsageException;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The program {@code redis-benchmark}: runs its tests, or one command, and prints the rates. */
public final class BenchmarkTool {
  private static final String HELP =
      """
      Usage: redis-benchmark [OPTIONS] [COMMAND ARGS...]

      Options:
       -h <hostname>      Host name (default 127.0.0.1)
       -p <port>          Port (default 6379)
       -s <socket>        Unix socket, in place of host and port
       -a <password>      Password
       --user <username>  User of the password
       -u <uri>           redis://[[user]:password@]host[:port][/database], rediss:// for TLS
       -c <clients>       Number of connections (default 50)
       -n <requests>      Number of requests (default 100000)
       -d <size>          Bytes of a value (default 3)
       --dbnum <db>       Database (default 0)
       -3                 Protocol RESP3
       --threads <num>    Threads of this tool (default 1)
       -k <boolean>       1: keeps connections, 0: connects for each pipeline (default 1)
       -r <keyspacelen>   Random keys: __rand_int__ in an argument becomes a number of 12 digits
                          below this one, another one in each request
       -P <numreq>        Requests of a pipeline (default 1)
       -q                 Prints a line a test
       --csv              Prints CSV
       -l                 Repeats the tests for ever
       -t <tests>         Runs these tests only, separated by commas, such as set,get,lrange_100
       -I                 Opens the connections and waits
       -x                 Reads the last argument of the command from standard input
       --enable-tracking  Tracks keys in each connection (CLIENT TRACKING ON)
       --precision <num>  Significant digits of latencies, 0 to 4 (default 3)
       --tls, --sni, --cacert, --cacertdir, --insecure, --cert, --key, --tls-ciphers,
       --tls-ciphersuites TLS, as in redis-cli
       --help, --version  This text, the version
      """;

  private final LoadOptions options;
  private final Target target;
  private final PrintStream out;
  private final PrintStream err;

  private BenchmarkTool(LoadOptions options, PrintStream out, PrintStream err)
      throws UsageException {
    this.options = options;
    this.target = options.target();
    this.out = out;
    this.err = err;
  }

  public static void main(String[] words) {
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, UTF_8);
    int status = run(Arrays.asList(words), System.in, out, System.err);
    out.flush();
    System.exit(status);
  }

  /**
   * Runs the program with the given command line and streams.
   *
   * @return the exit status
   */
  public static int run(List<String> words, InputStream in, PrintStream out, PrintStream err) {
    try {
      LoadOptions options = LoadOptions.parse(words);
      if (options.showsVersion) {
        out.print(Version.lines("redis-benchmark"));
        return 0;
      }
      if (options.showsHelp) {
        out.print(HELP);
        return 0;
      }
      byte[][] command = null;
      if (!options.command.isEmpty()) {
        command = arguments(options, in);
      }
      new BenchmarkTool(options, out, err).run(command);
      return 0;
    } catch (UsageException e) {
      err.print(e.getMessage() + "\n\n" + HELP);
    } catch (LoadException e) {
      out.flush();
      err.print(e.getMessage() + "\n");
    } catch (IOException e) {
      err.print("Error: " + SystemErrors.text(e) + "\n");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 1;
  }

  private static byte[][] arguments(LoadOptions options, InputStream in) throws IOException {
    List<String> words = options.command;
    byte[][] arguments = new byte[words.size() + (options.readsLastArgument ? 1 : 0)][];
    for (int i = 0; i < words.size(); i++) {
      arguments[i] = words.get(i).getBytes(UTF_8);
    }
    if (options.readsLastArgument) {
      arguments[words.size()] = in.readAllBytes();
    }
    return arguments;
  }

  private void run(byte @Nullable [][] command) throws LoadException, InterruptedException {
    List<LoadTests.Test> tests = LoadTests.of(options, command);
    if (options.idle) {
      idle();
      return;
    }
    LoadReport report = report();
    report.header();
    do {
      for (LoadTests.Test test : tests) {
        LoadRun run = new LoadRun(target, options, test.request());
        run.connect();
        long millis = run.run(report.progress(test.title(), run));
        report.result(test.title(), run, millis);
      }
      report.end();
    } while (options.loops);
  }

  /** Holds idle connections until the server closes one. */
  private void idle() throws LoadException, InterruptedException {
    out.print(
        "Creating "
            + options.clients
            + " idle connections and waiting forever (Ctrl+C when done)\n");
    out.flush();
    RequestTemplate ping = RequestTemplate.of(new byte[][] {"PING".getBytes(UTF_8)}, 1);
    LoadRun run = new LoadRun(target, options, ping);
    run.connect();
    long millis = run.run(() -> {});
    throw new LoadException("Error: all connections ended after " + millis + " ms");
  }

  private LoadReport report() {
    String save = null;
    String appendOnly = null;
    try (ClientConnection connection = ClientConnection.open(target)) {
      String password = target.password();
      if (password != null) {
        String user = Objects.requireNonNullElse(target.user(), "default");
        connection.call("AUTH", user, password);
      }
      save = LoadReport.directive(connection, "save");
      appendOnly = LoadReport.directive(connection, "appendonly");
    } catch (IOException e) {
      err.print(
          "Could not connect to Redis at " + target.address() + ": " + SystemErrors.text(e) + "\n");
    } catch (ProtocolException e) {
      err.print("Error: " + e.getMessage() + "\n");
    }
    if (save == null || appendOnly == null) {
      err.print("WARNING: Could not fetch server CONFIG\n");
    }
    return new LoadReport(options, out, save, appendOnly);
  }
}
