package io.redoubt.server.snapshot;

import io.redoubt.server.value.Values;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a snapshot: a data set with its functions and its place in a history.
 *
 * @param values the values of the keyspace
 * @param functions the libraries of functions
 * @param replication the place in the replication history that the keyspace stands for now; null:
 *     none
 */
public record SnapshotContents(
    Values values, FunctionLibraries functions, Supplier<@Nullable ReplicationPoint> replication) {}
