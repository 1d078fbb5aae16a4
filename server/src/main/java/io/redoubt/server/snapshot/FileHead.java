package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.ByteString;
import java.util.Base64;
import java.util.List;

/** What stands before the keys: magic, version, facts and functions, in Redis' order. */
final class FileHead {

  private FileHead() {}

  /**
   * Writes it.
   *
   * @param keepsTail whether the end of the replication stream is kept too: in a file to start from
   */
  static void write(RdbWriter writer, SnapshotContext context, boolean keepsTail) {
    List<ByteString> functions = context.functions().texts();
    if (!functions.isEmpty()) {
      writer.forFunctions();
    }
    writer.begin();
    writer.aux("redis-ver", context.version());
    writer.aux("redis-bits", "64");
    writer.aux("ctime", Long.toString(context.clock().wallMillis() / 1000));
    writer.aux("used-mem", Long.toString(context.keyspace().slabs().usedBytes()));
    ReplicationPoint point = context.replication().get();
    if (point != null) {
      writer.aux("repl-stream-db", Integer.toString(point.database()));
      writer.aux("repl-id", point.id());
      writer.aux("repl-offset", Long.toString(point.offset()));
      if (keepsTail && !point.tail().isEmpty()) {
        byte[] tail = point.tail().toByteArray();
        writer.aux("repl-backlog", Base64.getEncoder().encodeToString(tail));
      }
    }
    writer.aux("aof-base", "0");
    try {
      for (ByteString text : functions) {
        writer.function(text.asSegment(), 0, text.length());
      }
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer refuses no function
    }
  }
}
