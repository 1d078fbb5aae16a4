package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.session.LineRunner;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * The state that all subcommands share: the options, the two outputs, and the user's input.
 *
 * @param in answers questions
 */
record ClusterModeContext(
    ClusterModeOptions options, InputStream in, PrintStream out, PrintStream err) {

  /** Prints the next step. */
  void step(String text) {
    out.print(">>> " + text + "\n");
    out.flush();
  }

  /** Asks a question that only {@code yes} accepts; {@code --cluster-yes} answers it. */
  boolean accepted(String question) throws IOException {
    out.print(question + " (type 'yes' to accept): ");
    if (options.agrees) {
      out.print("\n");
      return true;
    }
    return line().equals("yes");
  }

  /** Returns the user's answer to the printed question. */
  String line() throws IOException {
    out.flush();
    return new String(LineRunner.line(in), UTF_8).strip();
  }
}
