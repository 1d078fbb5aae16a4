package io.redoubt.server.execution;

import io.redoubt.server.client.ServerClient;

/** Serves clients once while a long script occupies the loop. */
@FunctionalInterface
public interface EventsWhileBlocked {
  /** The clients to serve. */
  enum Scope {
    /** The script's own client, which debugs it. */
    DEBUGGER,
    /** All clients that are not blocked. */
    ALL
  }

  /** Reads input, and executes the requests permitted during a script of {@code busy}. */
  void serve(ServerClient busy, Scope scope);
}
