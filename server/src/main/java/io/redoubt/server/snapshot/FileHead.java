package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.process.Version;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The part of an RDB before the keys: magic, version, auxiliary fields and functions, in Redis'
 * order.
 */
final class FileHead {

  private FileHead() {}

  /** Starts an RDB; chooses a version that supports functions if there are any. */
  static void begin(RdbWriter writer, SnapshotContext context) {
    if (!context.functions().texts().isEmpty()) {
      writer.forFunctions();
    }
    writer.begin();
  }

  /**
   * Writes the auxiliary fields and the functions.
   *
   * @param target the file, null for a snapshot to replicas only
   */
  static void write(RdbVisitor visitor, SnapshotContext context, @Nullable SnapshotTarget target)
      throws RdbException {
    visitor.aux("redis-ver", Version.REDIS);
    visitor.aux("redis-bits", "64");
    visitor.aux("ctime", Long.toString(context.clock().wallMillis() / 1000));
    visitor.aux("used-mem", Long.toString(context.keyspace().slabs().usedBytes()));
    boolean isBase = target != null && target.isBase();
    ReplicationPoint point = context.replication().get();
    if (point != null) {
      visitor.aux("repl-stream-db", Integer.toString(point.database()));
      visitor.aux("repl-id", point.id());
      visitor.aux("repl-offset", Long.toString(point.offset()));
      boolean startsFromIt = target != null && !isBase;
      if (startsFromIt && !point.tail().isEmpty()) {
        byte[] tail = point.tail().toByteArray();
        visitor.aux("repl-backlog", Base64.getEncoder().encodeToString(tail));
      }
    }
    visitor.aux("aof-base", isBase ? "1" : "0");
    for (ByteString text : context.functions().texts()) {
      visitor.function(text.asSegment(), 0, text.length());
    }
  }
}
