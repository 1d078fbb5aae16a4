package io.redoubt.server.snapshot.context;

import io.redoubt.protocol.bytes.ByteString;

/**
 * The point of the replication history that a data set represents, stored in the file so that a
 * restarted server can continue from it.
 *
 * @param database the database selected by the stream, -1 for none
 * @param id the replication id, 40 hexadecimal digits
 * @param offset the number of stream bytes contained in the data set
 * @param tail the last of these bytes, as far as they are kept; may be empty
 */
public record ReplicationPoint(int database, String id, long offset, ByteString tail) {
  /** Creates a point without preceding bytes. */
  public ReplicationPoint(int database, String id, long offset) {
    this(database, id, offset, ByteString.EMPTY);
  }
}
