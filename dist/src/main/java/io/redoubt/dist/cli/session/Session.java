package io.redoubt.dist.cli.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connection to the user's server, and the state of the next connection: address, login,
 * database, protocol.
 */
public final class Session implements AutoCloseable {
  private final PrintStream out;
  private final PrintStream err;
  private Target target;
  private volatile @Nullable ClientConnection connection;
  private volatile boolean aborted;

  public Session(Target target, PrintStream out, PrintStream err) {
    this.target = target;
    this.out = out;
    this.err = err;
  }

  /** Returns the server and the initial state of the next connection. */
  public Target target() {
    return target;
  }

  /** Changes the server or the state of the next connection; keeps an open one. */
  public void setTarget(Target other) {
    target = other;
  }

  /** Returns true if a connection is open, as far as is known. */
  public boolean isConnected() {
    return connection != null;
  }

  /**
   * Returns the open connection.
   *
   * @throws IllegalStateException if there is none
   */
  public ClientConnection connection() {
    ClientConnection open = connection;
    if (open == null) {
      throw new IllegalStateException("not connected");
    }
    return open;
  }

  /**
   * Aborts a blocked call by closing the connection. May be called by any thread, such as a signal
   * handler's.
   */
  public void abort() {
    aborted = true;
    ClientConnection open = connection;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // The waiting thread gets the same error.
      }
    }
  }

  boolean isAborted() {
    return aborted;
  }

  /** Clears an abort before the next command. The connection may be closed. */
  public void resume() {
    if (aborted) {
      aborted = false;
      connect();
    }
  }

  /** Connects and logs in; on failure prints the reason and returns false. */
  public boolean connect() {
    disconnect();
    ClientConnection opened;
    try {
      opened = ClientConnection.open(target);
    } catch (IOException e) {
      out.flush();
      err.print(
          "Could not connect to Redis at " + target.address() + ": " + SystemErrors.text(e) + "\n");
      return false;
    }
    connection = opened;
    try {
      if (target.password() != null) {
        List<String> auth = new ArrayList<>(List.of("AUTH"));
        if (target.user() != null) {
          auth.add(target.user());
        }
        auth.add(Objects.requireNonNull(target.password()));
        introduce(opened, "AUTH failed: ", auth);
      }
      if (target.database() != 0) {
        select(opened, target.database());
      }
      if (target.protocol() == 3) {
        introduce(opened, "HELLO 3 failed: ", List.of("HELLO", "3"));
      }
      return true;
    } catch (IOException e) {
      return lost(e);
    } catch (ProtocolException e) {
      return lost(e);
    }
  }

  private void select(ClientConnection opened, int database) throws IOException, ProtocolException {
    List<String> words = List.of("SELECT", Integer.toString(database));
    introduce(opened, "SELECT " + database + " failed: ", words);
  }

  private void introduce(ClientConnection to, String failure, List<String> words)
      throws IOException, ProtocolException {
    byte[][] arguments = words.stream().map(word -> word.getBytes(UTF_8)).toArray(byte[][]::new);
    if (to.call(arguments) instanceof Reply.Error error) {
      out.flush();
      err.print(failure + error.message() + "\n");
    }
  }

  /** Closes a lost connection and prints the reason; returns false. */
  boolean lost(Exception why) {
    out.flush();
    err.print("Error: " + reason(why) + "\n");
    disconnect();
    return false;
  }

  /** Returns the text for a lost connection. */
  public static String reason(Exception why) {
    if (why instanceof EOFException) {
      return "Server closed the connection";
    }
    return why instanceof IOException
        ? SystemErrors.text(why)
        : Objects.requireNonNullElse(why.getMessage(), why.toString());
  }

  /** Closes the connection, if one is open. */
  public void disconnect() {
    ClientConnection closed = connection;
    connection = null;
    if (closed != null) {
      try {
        closed.close();
      } catch (IOException e) {
        err.print("Error: " + SystemErrors.text(e) + "\n");
      }
    }
  }

  @Override
  public void close() {
    disconnect();
  }
}
