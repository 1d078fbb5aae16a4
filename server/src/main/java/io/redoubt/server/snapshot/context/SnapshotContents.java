package io.redoubt.server.snapshot.context;

import io.redoubt.server.value.Values;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a snapshot: a data set with its functions and its replication point.
 *
 * @param replication supplies the point of the replication history that the keyspace currently
 *     represents; null for none
 */
public record SnapshotContents(
    Values values, FunctionLibraries functions, Supplier<@Nullable ReplicationPoint> replication) {}
