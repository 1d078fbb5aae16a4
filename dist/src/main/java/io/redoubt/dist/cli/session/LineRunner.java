package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.dist.client.Target;
import io.redoubt.protocol.bytes.Quoting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;

/** Runs lines of input: commands of the server, and those that the client itself has. */
public final class LineRunner {
  private static final int MAX_PORT = 65535;

  private final Session session;
  private final CommandRunner runner;
  private final PrintStream out;
  private final double intervalSeconds;
  private final boolean prompts;

  /**
   * Creates a runner.
   *
   * @param intervalSeconds the pause after each command
   * @param prompts prints a prompt before it reads
   */
  public LineRunner(
      Session session,
      CommandRunner runner,
      PrintStream out,
      double intervalSeconds,
      boolean prompts) {
    this.session = session;
    this.runner = runner;
    this.out = out;
    this.intervalSeconds = intervalSeconds;
    this.prompts = prompts;
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
  private String prompt() {
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
    List<byte[]> words = Quoting.split(line);
    if (words == null) {
      out.print("Invalid argument(s)\n");
      return true;
    }
    if (words.isEmpty()) {
      return true;
    }
    String first = CommandRunner.name(words.getFirst());
    if (first.equals("quit") || first.equals("exit")) {
      return false;
    }
    if (first.equals("connect") && words.size() == 3) {
      connect(words.get(1), words.get(2));
      return true;
    }
    long times = 1;
    if (words.size() > 1 && first.matches("[0-9]{1,9}")) {
      times = Long.parseLong(first);
      words = words.subList(1, words.size());
      if (times == 0) {
        out.print("Invalid redis-cli repeat command option value.\n");
        return true;
      }
    }
    if (session.isConnected() || session.connect()) {
      runner.repeat(words.toArray(byte[][]::new), times, intervalSeconds);
    }
    return true;
  }

  private void connect(byte[] host, byte[] port) {
    String number = new String(port, ISO_8859_1);
    int parsed = number.matches("[0-9]{1,5}") ? Integer.parseInt(number) : -1;
    if (parsed < 0 || parsed > MAX_PORT) {
      out.print("Invalid server port.\n");
      return;
    }
    session.target(session.target().at(new String(host, ISO_8859_1), parsed));
    runner.onNewConnection();
    session.connect();
  }
}
