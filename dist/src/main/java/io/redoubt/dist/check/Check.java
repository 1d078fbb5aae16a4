package io.redoubt.dist.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.check.report.StatsCommand;
import io.redoubt.persistence.aof.check.AofCheck;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.check.CheckTerminal;
import io.redoubt.persistence.rdb.check.RdbCheck;
import io.redoubt.persistence.rdb.check.RdbSalvage;
import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.LocalZone;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Version;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The programs {@code redis-check-rdb [--fix-to FILE|--stats] FILE}, also known as {@code
 * redis-check-dump}, and {@code redis-check-aof [--fix|--truncate-to-timestamp SECONDS] FILE}.
 */
public final class Check {

  private static final String AOF = "redis-check-aof";
  private static final Set<String> HELP = Set.of("-h", "--help");
  private static final Set<String> VERSION = Set.of("-v", "--version");

  private static final String RDB_HELP =
      """

      Reads a snapshot as a server does, and prints its items and the first mistake with its
      offset. The exit status is 0 if a server can load the file.

        --fix-to <new-file>  Write what can be saved to a new file: values that contradict
                             themselves are repaired, values that can't be read are left
                             out, and so is the end of the file from where nothing can be
                             read. The exit status is 0 if the new file was written.
      """
          + StatsCommand.HELP;

  private static final String AOF_HELP =
      """

      Checks an append-only file, or all files of a manifest. The exit status is 0 if a server
      can load the files.

        --fix                Cut an incomplete end off, after a question, and move the
                             commits of a journal into the append-only file.
        --truncate-to-timestamp <seconds>
                             Cut off everything after a time annotation.
      """;

  private static final String COMMON_HELP =
      """
        -h, --help           Print this.
        -v, --version        Print the version.

      A file of the name of an option is given as ./NAME.
      """;

  private final String program;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Clock clock;
  private final Log log;

  Check(String program, InputStream in, PrintStream out, PrintStream err, Clock clock, long pid) {
    this.program = program;
    this.in = in;
    this.out = out;
    this.err = err;
    this.clock = clock;
    this.log = new Log(clock, LocalZone.get(), pid, out);
  }

  /** Runs the program named by the last part of the property {@code redoubt.launcher}. */
  public static void main(String[] words) {
    Path launcher = Path.of(System.getProperty("redoubt.launcher", AOF));
    PrintStream out = new PrintStream(new BufferedOutputStream(System.out), false, UTF_8);
    long pid = ProcessHandle.current().pid();
    Check check =
        new Check(
            String.valueOf(launcher.getFileName()),
            System.in,
            out,
            System.err,
            Clock.system(),
            pid);
    int status = check.run(words);
    out.flush();
    System.exit(status);
  }

  /** Runs the program and returns its exit status. */
  int run(String... words) {
    if (words.length == 1 && VERSION.contains(words[0])) {
      out.print(Version.lines(program));
      return 0;
    }
    boolean isAof = program.equals(AOF);
    if (words.length == 1 && HELP.contains(words[0])) {
      out.print(usage() + (isAof ? AOF_HELP : RDB_HELP) + COMMON_HELP);
      return 0;
    }
    return isAof ? aof(words) : rdb(words);
  }

  private String usage() {
    String arguments =
        program.equals(AOF)
            ? "[--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>"
            : "[--fix-to <new-file>] <rdb-file-name>";
    String usage = "Usage: " + program + " " + arguments + "\n";
    return program.equals(AOF)
        ? usage
        : usage + "       " + program + " " + StatsCommand.USAGE + "\n";
  }

  private int rdb(String... words) {
    if (List.of(words).contains("--stats")) {
      return new StatsCommand(out, err, clock, StatsCommand.isErrorTerminal()).run(words);
    }
    int option = List.of(words).indexOf("--fix-to");
    if (words.length == 3 && (option == 0 || option == 1)) {
      Path source = Path.of(words[option == 0 ? 2 : 0]);
      return new RdbSalvage(new OsDisk(), new Terminal()).run(source, Path.of(words[option + 1]))
          ? 0
          : 1;
    }
    if (words.length != 1 || option >= 0) {
      err.print(usage());
      return 1;
    }
    RdbCheck check = new RdbCheck(new OsDisk(), new Terminal());
    return check.run(Path.of(words[0]), words[0]) ? 0 : 1;
  }

  private int aof(String... words) {
    boolean fixes = words.length == 2 && words[0].equals("--fix");
    boolean truncates = words.length == 3 && words[0].equals("--truncate-to-timestamp");
    if (words.length != 1 && !fixes && !truncates) {
      out.print(usage());
      return 1;
    }
    long untilSeconds = 0;
    if (truncates) {
      try {
        untilSeconds = Long.parseLong(words[1]);
      } catch (NumberFormatException e) {
        out.print("Invalid timestamp, aborting...\n");
        return 1;
      }
    }
    String file = words[words.length - 1];
    return new AofCheck(new OsDisk(), new Terminal(), fixes, untilSeconds).run(file);
  }

  private final class Terminal implements CheckTerminal {

    @Override
    public void print(String text) {
      byte[] bytes = Utf8.encode(text); // keys may contain any bytes
      out.write(bytes, 0, bytes.length);
    }

    @Override
    public void warn(String text) {
      log.warning("%s", text);
    }

    @Override
    public String answer() {
      out.flush();
      StringBuilder line = new StringBuilder();
      try {
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
          line.append((char) b);
        }
      } catch (IOException e) {
        return "";
      }
      return line.toString();
    }

    @Override
    public String reason(IOException failure) {
      return SystemErrors.text(failure);
    }

    @Override
    public long nowMillis() {
      return clock.wallMillis();
    }
  }
}
