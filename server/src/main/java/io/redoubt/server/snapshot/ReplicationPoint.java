package io.redoubt.server.snapshot;

import io.redoubt.protocol.bytes.ByteString;

/**
 * The place in a replication history that a data set stands for, kept in the file so that a
 * restarted server can go on from it.
 *
 * @param database the database that the stream had selected, -1 when none
 * @param id the replication id, 40 hexadecimal digits
 * @param offset the number of stream bytes that the data set contains
 * @param tail the last of these bytes, as many as are kept; it may be empty
 */
public record ReplicationPoint(int database, String id, long offset, ByteString tail) {
  /** A place without any bytes before it. */
  public ReplicationPoint(int database, String id, long offset) {
    this(database, id, offset, ByteString.EMPTY);
  }
}
