package io.redoubt.dist.cli.mode;

import io.redoubt.dist.cli.session.OutputForm;
import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;

/**
 * The context of all modes.
 *
 * @param session has an open connection
 * @param intervalSeconds the value of {@code -i}, 0 if it is not given
 * @param out standard output, one character of ISO 8859-1 a byte
 * @param err standard error
 */
public record ModeContext(
    Session session,
    OutputForm form,
    double intervalSeconds,
    InputStream in,
    PrintStream out,
    PrintStream err) {

  ClientConnection connection() {
    return session.connection();
  }

  /** Sends a command and returns its reply, which must not be an error. */
  Reply ask(String... words) throws IOException, ProtocolException, ModeException {
    return expect(connection().call(words));
  }

  /** Sends a command and returns its reply, which must not be an error. */
  Reply ask(byte[]... arguments) throws IOException, ProtocolException, ModeException {
    return expect(connection().call(arguments));
  }

  private static Reply expect(Reply reply) throws ModeException {
    if (reply instanceof Reply.Error error) {
      throw new ModeException("Error: " + error.message());
    }
    return reply;
  }

  /** Returns the interval of {@code -i}, or the default {@code seconds}. */
  double intervalOr(double seconds) {
    return intervalSeconds > 0 ? intervalSeconds : seconds;
  }

  static void sleep(double seconds) throws InterruptedException {
    TimeUnit.MICROSECONDS.sleep((long) (seconds * 1e6));
  }
}
