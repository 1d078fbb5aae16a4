package io.redoubt.server;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.protocol.session.Pause;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.replication.ReplicationHost;
import io.redoubt.server.replication.SpareDataSet;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SnapshotContext;
import io.redoubt.server.snapshot.Snapshots;
import java.io.IOException;
import java.util.function.IntSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The server as replication sees it. */
record ReplicationSurroundings(
    Transport transport,
    Clock clock,
    Log log,
    RandomGenerator random,
    ServerDirectives settings,
    BufferMemory buffers,
    Keyspace keyspace,
    Propagation propagation,
    ServerState state,
    AppendOnlyFile appendOnlyFile,
    Snapshots snapshots,
    SnapshotContext snapshotContext,
    DataSet dataSet,
    Limits limits,
    Dispatcher dispatcher,
    ClientRegistry clients,
    WatchedKeys watchedKeys,
    IntSupplier listeningPort,
    TlsSettings tls,
    Runnable emptying)
    implements ReplicationHost {
  @Override
  public int port() {
    return listeningPort.getAsInt();
  }

  @Override
  public int announcedPort() {
    return tls.announcedPort(port());
  }

  @Override
  public @Nullable Tls encryption() throws IOException {
    return tls.client();
  }

  @Override
  public ServerClient masterClient(int database) {
    ServerClient master = new ServerClient(clients, watchedKeys);
    master.becomeMaster();
    master.selectDatabase(database);
    return master;
  }

  @Override
  public void endWaits(String error) {
    clients.endWaits(error);
  }

  @Override
  public void pauseForFailover(boolean on) {
    if (on) {
      clients.pauses().begin(Pauses.Cause.FAILOVER, Pause.WRITES, Long.MAX_VALUE);
    } else {
      clients.pauses().end(Pauses.Cause.FAILOVER);
    }
  }

  @Override
  public LoadProgress loadProgress() {
    return dataSet.progress();
  }

  @Override
  public SpareDataSet spareDataSet() {
    return dataSet.spare();
  }

  @Override
  public void emptyDataSet() {
    emptying.run();
  }
}
