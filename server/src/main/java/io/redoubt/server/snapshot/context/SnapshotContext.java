package io.redoubt.server.snapshot.context;

import io.redoubt.persistence.io.Disk;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.value.Values;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The dependencies of writing and loading snapshots: the data set, the machine and the settings.
 *
 * @param clock must read the actual time, since slices are measured; a time cached per turn will
 *     not do
 */
public record SnapshotContext(
    SnapshotContents contents,
    Disk disk,
    Threads threads,
    SnapshotSettings settings,
    LoopTurns turns,
    Clock clock,
    Log log) {
  /** The name of the thread that rewrites the append-only file. */
  public static final String REWRITE_THREAD = "redoubt-rewrite";

  /** Returns a copy of the context with another data set, for a load into it. */
  public SnapshotContext filling(Values other, FunctionLibraries itsFunctions) {
    return new SnapshotContext(
        new SnapshotContents(other, itsFunctions, contents.replication()),
        disk,
        threads,
        settings,
        turns,
        clock,
        log);
  }

  public Values values() {
    return contents.values();
  }

  public Keyspace keyspace() {
    return contents.values().keyspace();
  }

  public FunctionLibraries functions() {
    return contents.functions();
  }

  /** Returns the supplier of the current replication point, which is null for none. */
  public Supplier<@Nullable ReplicationPoint> replication() {
    return contents.replication();
  }

  /** Returns the process id, a part of the names of temporary files. */
  public long pid() {
    return ProcessHandle.current().pid();
  }
}
