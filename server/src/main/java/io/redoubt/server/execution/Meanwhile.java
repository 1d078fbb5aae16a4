package io.redoubt.server.execution;

import io.redoubt.server.client.ServerClient;

/** Serves clients once while the script of one keeps the loop. */
@FunctionalInterface
public interface Meanwhile {
  /** Who is served. */
  enum Whom {
    /** The script's own client, who debugs it, and nobody else. */
    DEBUGGER,
    /** Everybody who waits for nothing. */
    ALL
  }

  /** Reads what has come, and runs what may be run beside a script of {@code busy}. */
  void serve(ServerClient busy, Whom whom);
}
