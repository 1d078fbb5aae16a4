package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.Disk;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.value.Values;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What snapshots of a server work with.
 *
 * @param values the values of the keyspace
 * @param clock its monotonic time must be the actual one, not one a turn of the loop
 * @param version the version that the files name as their maker ({@code redis-ver})
 * @param pid the process id, part of the temporary file's name
 * @param functions the libraries of functions
 * @param replication the place in the replication history that the keyspace stands for now; null:
 *     none
 */
public record SnapshotContext(
    Values values,
    Disk disk,
    Threads threads,
    SnapshotSettings settings,
    LoopTurns turns,
    Clock clock,
    Log log,
    String version,
    long pid,
    FunctionLibraries functions,
    Supplier<@Nullable ReplicationPoint> replication) {

  /** The same for another data set: what is loaded goes there. */
  public SnapshotContext filling(Values other, FunctionLibraries itsFunctions) {
    return new SnapshotContext(
        other, disk, threads, settings, turns, clock, log, version, pid, itsFunctions, replication);
  }

  /** The keyspace that the values are in. */
  public Keyspace keyspace() {
    return values.keyspace();
  }
}
