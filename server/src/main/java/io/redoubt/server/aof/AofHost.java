package io.redoubt.server.aof;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Latency;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SnapshotContext;
import io.redoubt.server.snapshot.Snapshots;
import org.jspecify.annotations.Nullable;

/** What the append-only file needs of its server. */
public interface AofHost {
  /** The configuration. */
  ServerDirectives settings();

  /** Time. */
  Clock clock();

  /** The server's log. */
  Log log();

  /** What loading and rewriting work with. */
  SnapshotContext snapshotContext();

  /** What rewrites. */
  Snapshots snapshots();

  /** Tells how far a load is; commands are refused with LOADING while one is under way. */
  LoadProgress loadProgress();

  /** Where the effects of commands come from. */
  Propagation propagation();

  /** Which commands are refused. */
  ServerState state();

  /** Is told what takes long. */
  Latency latency();

  /** Whose replies wait. */
  ClientRegistry clients();

  /** Whether {@link AppendOnlyFile#endOfTurn} is still to come before the loop waits. */
  boolean isInTurn();

  /** Where the replication stream stands. */
  long streamOffset();

  /** A new client without a connection, whose commands nothing refuses and nobody replies to. */
  ServerClient loadingClient();

  /** The command that a loaded request names, or null. */
  @Nullable Command<?> find(Request request);

  /** Runs a loaded request. */
  void run(ServerClient client, Request request);
}
