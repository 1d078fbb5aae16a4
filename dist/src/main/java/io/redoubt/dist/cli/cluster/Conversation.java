package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.cli.session.LineRunner;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * The common part of the subcommands: the options, the two outputs, and questions to the user.
 *
 * @param in answers questions
 */
record Conversation(ClusterOptions options, InputStream in, PrintStream out, PrintStream err) {

  /** Prints a line about what is done next. */
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

  /** Returns the answer to what was printed. */
  String line() throws IOException {
    out.flush();
    return new String(LineRunner.line(in), UTF_8).strip();
  }
}
