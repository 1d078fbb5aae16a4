package io.redoubt.server.execution;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.client.ServerClient;

/**
 * Redirects clients from a replica to its master, without cluster mode: those that have announced
 * CLIENT CAPA redirect, for writes, and for reads unless they have sent READONLY.
 */
public final class MasterRedirect {
  /** The master of this server. */
  public interface Master {
    /** Returns true if this server is a replica. */
    boolean isReplica();

    /** Returns true during a FAILOVER while neither this server nor its replica is a master. */
    boolean isHandingOver();

    String masterHost();

    int masterPort();
  }

  private final Master master;

  /** Creates the redirection to the master of this server. */
  public MasterRedirect(Master master) {
    this.master = master;
  }

  /** Returns the error that redirects a request to the master. */
  CommandError error() {
    return to(master.masterHost(), master.masterPort());
  }

  /** Returns true if requests are redirected, because this server is a replica. */
  boolean isActive() {
    return master.isReplica();
  }

  /** Returns true if a request must wait: the replica would still redirect it back. */
  boolean isHandingOver() {
    return master.isHandingOver();
  }

  private static CommandError to(String host, int port) {
    return new CommandError("REDIRECT " + host + ":" + port);
  }

  /** Redirects clients blocked on keys, before this server starts to follow the given master. */
  public static void redirectWaiting(ClientRegistry clients, String host, int port) {
    if (clients.blockedCount() == 0) {
      return;
    }
    CommandError error = to(host, port);
    for (Client each : clients.all()) {
      if (each instanceof ServerClient client
          && client.followsRedirects()
          && client.waiting() instanceof KeyWait wait
          && !client.mayStayOnReplica(wait.command())) {
        client.unblock(error);
      }
    }
  }
}
