package io.redoubt.server.replication;

import io.redoubt.server.aof.ReplicationPosition;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import org.jspecify.annotations.Nullable;

/** The data set's position in the history, as files record it. */
final class StreamPosition implements ReplicationPosition {
  private final Role role;
  private final ReplicationStream stream;
  private final MasterLink link;

  StreamPosition(Role role, ReplicationStream stream, MasterLink link) {
    this.role = role;
    this.stream = stream;
    this.link = link;
  }

  @Override
  public long offset() {
    return stream.offset();
  }

  /** Returns the data set's position in the history, with the end of the backlog. */
  @Override
  public @Nullable ReplicationPoint point() {
    ReplicationPoint place = place();
    return place == null
        ? null
        : new ReplicationPoint(place.database(), place.id(), place.offset(), stream.tail());
  }

  /** Returns the data set's position in the history. */
  @Override
  public @Nullable ReplicationPoint place() {
    if (!role.isReplica()) {
      return stream.backlog() == null ? null : placeWith(stream.encoder().lastDatabase());
    }
    int database = link.streamDatabase();
    return database == ReplicationStream.NO_DATABASE ? null : placeWith(database);
  }

  private ReplicationPoint placeWith(int database) {
    return new ReplicationPoint(database, stream.history().id(), stream.offset());
  }
}
