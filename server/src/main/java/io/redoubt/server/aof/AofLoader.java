package io.redoubt.server.aof;

import io.redoubt.protocol.process.Environment;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;

/**
 * The dependencies of {@link AofReplay}, which loads append-only files into the data set.
 *
 * @param propagation muted while loaded commands are executed
 * @param clients creates the client that executes loaded commands
 */
public record AofLoader(
    Environment environment,
    ServerDirectives settings,
    SnapshotContext context,
    LoadProgress progress,
    Propagation propagation,
    ServerClients clients,
    CommandDispatcher dispatcher) {

  /** Opens the files without loading anything. */
  AofReplay open(AppendFiles files) throws IOException {
    return new AofReplay(this, files);
  }

  /** Returns true while a load of any kind is in progress. */
  boolean isLoading() {
    return progress.isLoading();
  }
}
