package io.redoubt.server.aof;

import io.redoubt.server.snapshot.context.ReplicationPoint;
import org.jspecify.annotations.Nullable;

/** The current position of the data set in the replication history. */
public interface ReplicationPosition {
  /** Returns the offset of the replication stream. */
  long offset();

  /** Returns the place, or null if the data set has none. */
  @Nullable ReplicationPoint place();

  /** Returns the place with the bytes of the stream before it, or null if there is none. */
  @Nullable ReplicationPoint point();
}
