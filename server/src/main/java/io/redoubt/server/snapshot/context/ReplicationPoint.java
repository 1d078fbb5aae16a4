package io.redoubt.server.snapshot.context;

import io.redoubt.protocol.bytes.ByteString;

/**
 * The point of the replication history that a data set represents. It is saved with the data so
 * that a restarted server can continue with a partial sync.
 *
 * @param database the database selected by the stream, -1 for none
 * @param id the replication id, 40 hexadecimal digits
 * @param offset the replication offset up to which the data set contains the stream
 * @param tail the last bytes of the stream before the offset, as far as they are kept; may be empty
 */
public record ReplicationPoint(int database, String id, long offset, ByteString tail) {
  /** Creates a point without preceding bytes. */
  public ReplicationPoint(int database, String id, long offset) {
    this(database, id, offset, ByteString.EMPTY);
  }
}
