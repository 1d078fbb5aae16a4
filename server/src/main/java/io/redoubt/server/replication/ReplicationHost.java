package io.redoubt.server.replication;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SnapshotContext;
import io.redoubt.server.snapshot.Snapshots;
import java.io.IOException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The server around its replication: what replication works with and on. */
public interface ReplicationHost {
  /** The loop that everything happens on, and its connections. */
  Transport transport();

  /** Time. */
  Clock clock();

  /** The server's log. */
  Log log();

  /** Chance, for ids and marks. */
  RandomGenerator random();

  /** The configuration. */
  ServerDirectives settings();

  /** Memory in which the dispatcher can read a request; the backlog lies there too. */
  BufferMemory buffers();

  /** The data. */
  Keyspace keyspace();

  /** Where the effects of commands come from. */
  Propagation propagation();

  /** Which commands are refused. */
  ServerState state();

  /** What makes the stream durable, before which it may not be shown. */
  AppendOnlyFile appendOnlyFile();

  /** Snapshots for replicas. */
  Snapshots snapshots();

  /** How large requests may be. */
  Limits limits();

  /** What runs the commands of the stream. */
  Dispatcher dispatcher();

  /** The port that the server listens on. */
  int port();

  /** The port that a master is told. */
  int announcedPort();

  /**
   * How connections to a master are encrypted, null for not at all.
   *
   * @throws IOException when a file that this takes can't be read
   */
  @Nullable Tls encryption() throws IOException;

  /** Ends the waits of all blocked clients with an error, and closes these. */
  void endWaits(String error);

  /** Has writes wait while a replica catches up to take over, or lets them go on. */
  void pauseForFailover(boolean on);

  /** A new client without a connection that stands for the master and has selected a database. */
  ServerClient masterClient(int database);

  /** What a load of a file works with. */
  SnapshotContext snapshotContext();

  /** Tells how far a load is; commands are refused with LOADING while one is under way. */
  LoadProgress loadProgress();

  /** An empty data set beside the one that is served. */
  SpareDataSet spareDataSet();

  /** Removes all keys, as FLUSHALL does, before the master's are loaded. */
  void emptyDataSet();
}
