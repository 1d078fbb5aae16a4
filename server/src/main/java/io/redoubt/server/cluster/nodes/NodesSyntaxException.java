package io.redoubt.server.cluster.nodes;

/** Signals a {@code nodes.conf} that can't be understood; the server must not start with it. */
public final class NodesSyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  NodesSyntaxException(int line, String reason) {
    super("line " + line + ": " + reason);
  }
}
