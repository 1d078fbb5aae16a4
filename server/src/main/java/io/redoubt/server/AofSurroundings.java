package io.redoubt.server;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.aof.AofHost;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Latency;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SnapshotContext;
import io.redoubt.server.snapshot.Snapshots;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The server as its append-only file sees it. */
record AofSurroundings(
    ServerDirectives settings,
    Transport transport,
    Clock clock,
    Log log,
    SnapshotContext snapshotContext,
    Snapshots snapshots,
    LoadProgress loadProgress,
    Propagation propagation,
    ServerState state,
    Latency latency,
    ClientRegistry clients,
    WatchedKeys watchedKeys,
    CommandTable<Call> table,
    CommandDispatcher dispatcher,
    LongSupplier replicationOffset)
    implements AofHost {
  @Override
  public boolean isInTurn() {
    return transport.isInTurn();
  }

  @Override
  public long streamOffset() {
    return replicationOffset.getAsLong();
  }

  @Override
  public ServerClient loadingClient() {
    ServerClient client = new ServerClient(clients, watchedKeys);
    client.becomeMaster();
    return client;
  }

  @Override
  public @Nullable Command<?> find(Request request) {
    return table.find(request);
  }

  @Override
  public void run(ServerClient client, Request request) {
    dispatcher.dispatch(client, request);
  }
}
