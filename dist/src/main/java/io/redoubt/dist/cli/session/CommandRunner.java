package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs commands of the user and prints their replies. Tracks how commands change the state of the
 * connection: database, protocol and transaction.
 */
public final class CommandRunner {
  private static final int MOST_REDIRECTIONS = 16;
  private static final long SLOW_MILLIS = 500;

  private final Session session;
  private final Printing printing;
  private final ReplyFormatter formatter;
  private final boolean followsCluster;
  private final PrintStream out;
  private final PrintStream err;
  private boolean inTransaction;
  private int databaseBeforeTransaction;

  /**
   * Creates a runner.
   *
   * @param followsCluster follows MOVED and ASK redirections
   */
  public CommandRunner(
      Session session,
      Printing printing,
      boolean followsCluster,
      PrintStream out,
      PrintStream err) {
    this.session = session;
    this.printing = printing;
    this.formatter = printing.formatter();
    this.followsCluster = followsCluster;
    this.out = out;
    this.err = err;
  }

  /** Returns true between MULTI and EXEC. */
  public boolean isInTransaction() {
    return inTransaction;
  }

  /** Forgets the state of a connection that is gone. */
  public void onNewConnection() {
    inTransaction = false;
  }

  /** Returns a command's name in lower case, for comparison. */
  public static String name(byte[] word) {
    return new String(word, ISO_8859_1).toLowerCase(Locale.ROOT);
  }

  /**
   * Runs a command repeatedly and prints the replies.
   *
   * @param times the number of runs; endless if negative
   * @param intervalSeconds the pause after each run
   * @return the exit status
   */
  public int repeat(byte[][] arguments, long times, double intervalSeconds) {
    for (long done = 0; times < 0 || done < times; done++) {
      if (!runOnce(arguments)) {
        return 1;
      }
      out.flush();
      if (session.isAborted()) {
        return leave();
      }
      if (intervalSeconds > 0) {
        try {
          TimeUnit.MICROSECONDS.sleep((long) (intervalSeconds * 1e6));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return 1;
        }
      }
    }
    return 0;
  }

  /** Reconnects after the user has interrupted a command. */
  private int leave() {
    inTransaction = false;
    session.resume();
    return 1;
  }

  /**
   * Runs a command once. If the connection turns out to be closed, reconnects and repeats the
   * command once, but not in a transaction.
   *
   * @return false if its error or a lost connection ends the program
   */
  private boolean runOnce(byte[][] arguments) {
    long started = System.nanoTime();
    Exception failure = attempt(arguments);
    if (session.isAborted()) {
      return true;
    }
    if (failure instanceof IOException && !inTransaction) {
      if (!session.connect()) {
        return false;
      }
      failure = attempt(arguments);
    }
    if (failure instanceof RefusedException) {
      return false;
    }
    if (failure != null) {
      inTransaction = false;
      return session.lost(failure);
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
    if (printing.interactive() && printing.form() == OutputForm.STANDARD && millis >= SLOW_MILLIS) {
      out.printf(Locale.ROOT, "(%.2fs)%n", millis / 1000.0);
    }
    return true;
  }

  /** An error reply that ends the program; it is printed. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** Runs a command on the open connection; returns the failure, or null. */
  private @Nullable Exception attempt(byte[][] arguments) {
    String name = name(arguments[0]);
    try {
      if (!session.isConnected() && !session.connect()) {
        return new RefusedException(); // the reason is printed
      }
      session.connection().send(arguments);
      boolean goes =
          switch (name) {
            case "subscribe", "psubscribe", "ssubscribe" -> {
              if (printing.form() != OutputForm.RAW) {
                out.print("Reading messages... (press Ctrl-C to quit)\n");
              }
              yield followed();
            }
            case "monitor", "sync", "psync" -> followed();
            default -> show(redirected(reply(), arguments, 0), name, arguments);
          };
      return goes ? null : new RefusedException();
    } catch (EOFException e) {
      if (name.equals("shutdown")) {
        session.disconnect();
        return null;
      }
      return e;
    } catch (IOException | ProtocolException e) {
      return e;
    }
  }

  private Reply reply() throws IOException, ProtocolException {
    while (true) {
      Reply reply = session.connection().receive();
      if (!(reply instanceof Reply.Push)) {
        return reply;
      }
      if (printing.pushes()) {
        formatter.print(reply, false, out::print);
      }
    }
  }

  /** Follows a MOVED or ASK error in cluster mode; returns the last reply. */
  private Reply redirected(Reply reply, byte[][] arguments, int followed)
      throws IOException, ProtocolException {
    if (!followsCluster
        || followed == MOST_REDIRECTIONS
        || !(reply instanceof Reply.Error error)
        || !(error.code().equals("MOVED") || error.code().equals("ASK"))) {
      return reply;
    }
    String[] words = error.message().split(" ", -1);
    int colon = words.length < 3 ? -1 : words[2].lastIndexOf(':');
    if (colon < 0) {
      return reply;
    }
    String host = colon == 0 ? session.target().host() : words[2].substring(0, colon);
    int port;
    try {
      port = Integer.parseInt(words[2].substring(colon + 1));
    } catch (NumberFormatException e) {
      return reply;
    }
    if (printing.interactive()) {
      out.print("-> Redirected to slot [" + words[1] + "] located at " + host + ":" + port + "\n");
    }
    session.setTarget(session.target().at(host, port));
    if (!session.connect()) {
      return reply;
    }
    ClientConnection open = session.connection();
    if (error.code().equals("ASK")) {
      Reply asked = open.call("ASKING");
      if (asked instanceof Reply.Error) {
        return asked;
      }
    }
    open.send(arguments);
    return redirected(reply(), arguments, followed + 1);
  }

  /** Prints messages until the connection ends; does not reconnect. */
  private boolean followed() {
    try {
      return follow();
    } catch (IOException | ProtocolException e) {
      return session.isAborted() || session.lost(e);
    }
  }

  private boolean follow() throws IOException, ProtocolException {
    while (true) {
      Reply reply = session.connection().receive();
      formatter.print(reply, false, out::print);
      out.flush();
      if (reply instanceof Reply.Error) {
        return !printing.errorsToStandardError(); // the command was refused, nothing follows
      }
    }
  }

  private boolean show(Reply reply, String name, byte[][] arguments) {
    if (reply instanceof Reply.Error error && printing.errorsToStandardError()) {
      out.flush();
      err.print(error.message() + "\n");
      return false;
    }
    if (!reply.isError()) {
      remember(name, arguments);
    } else if (name.equals("exec")) {
      inTransaction = false;
    }
    formatter.print(reply, isReport(name, arguments), out::print);
    return true;
  }

  /** Records a command's changes of the connection's state. */
  private void remember(String name, byte[][] arguments) {
    switch (name) {
      case "select" -> {
        if (arguments.length == 2) {
          try {
            String number = new String(arguments[1], ISO_8859_1).trim();
            session.setTarget(session.target().withDatabase(Integer.parseInt(number)));
          } catch (NumberFormatException e) {
            // The server accepts it; the prompt keeps the previous number.
          }
        }
      }
      case "multi" -> {
        inTransaction = true;
        databaseBeforeTransaction = session.target().database();
      }
      case "exec" -> inTransaction = false;
      case "discard" -> {
        inTransaction = false;
        session.setTarget(session.target().withDatabase(databaseBeforeTransaction));
      }
      case "reset" -> {
        inTransaction = false;
        session.setTarget(session.target().withDatabase(0).withProtocol(2));
      }
      case "hello" -> {
        if (arguments.length > 1 && !inTransaction) {
          session.setTarget(session.target().withProtocol(name(arguments[1]).equals("3") ? 3 : 2));
        }
      }
      default -> {}
    }
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
