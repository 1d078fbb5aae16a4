package io.redoubt.server.aof;

import io.redoubt.server.snapshot.context.ReplicationPoint;
import org.jspecify.annotations.Nullable;

/** The replication position of the current data set. */
public interface ReplicationPosition {
  long offset();

  /** Returns the id, offset and database, or null if the data set has no position. */
  @Nullable ReplicationPoint place();

  /** Returns {@link #place} with the preceding bytes of the stream, or null. */
  @Nullable ReplicationPoint point();
}
