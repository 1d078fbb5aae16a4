package io.redoubt.server.cluster.nodes;

/** Signals a corrupt {@code nodes.conf}. The server must not start, or it might forget a vote. */
public final class NodesSyntaxException extends Exception {
  private static final long serialVersionUID = 1;

  NodesSyntaxException(int line, String reason) {
    super("line " + line + ": " + reason);
  }
}
