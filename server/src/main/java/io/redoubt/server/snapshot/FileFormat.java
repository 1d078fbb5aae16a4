package io.redoubt.server.snapshot;

import io.redoubt.persistence.aof.rewrite.RewriteWriter;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.context.SnapshotSettings;
import org.jspecify.annotations.Nullable;

/** The format of a saved data set: RDB or commands. */
final class FileFormat implements AutoCloseable {
  private final @Nullable RdbWriter rdb;
  private final @Nullable RewriteWriter commands;
  private final RdbVisitor visitor;

  FileFormat(
      RdbOutput out,
      @Nullable SnapshotTarget target,
      boolean compress,
      int version,
      BufferMemory buffers) {
    if (target != null && target.holdsCommands()) {
      rdb = null;
      RewriteWriter writer = new RewriteWriter(out, buffers);
      if (target.timestampSeconds() >= 0) {
        writer.timestamp(target.timestampSeconds());
      }
      commands = writer;
      visitor = writer;
    } else {
      commands = null;
      RdbWriter writer = new RdbWriter(out, compress, buffers).version(version);
      rdb = writer;
      visitor = writer;
    }
  }

  /**
   * Returns the RDB version in which entries are exported. Commands need all details, while an
   * older RDB omits those that its reader can derive.
   */
  static int version(@Nullable SnapshotTarget target, SnapshotSettings settings) {
    return target != null && target.holdsCommands() ? RdbFormat.NEWEST_VERSION : settings.version();
  }

  /** Omits the expiry times of hash fields. */
  void leaveOutFieldExpiry() {
    if (rdb != null) {
      rdb.withoutFieldExpiry();
    }
  }

  /** Returns the visitor that receives the data set. */
  RdbVisitor visitor() {
    return visitor;
  }

  /** Permits a reader of this process' own records to copy bytes that need not be decoded. */
  void shorten(RdbReader reader) {
    if (rdb != null) {
      reader.passingTo(rdb);
    }
  }

  /** Writes the start of a file. */
  void begin(SnapshotContext context) {
    if (rdb != null) {
      FileHead.begin(rdb, context);
    }
  }

  @Override
  public void close() {
    if (rdb != null) {
      rdb.close();
    }
    if (commands != null) {
      commands.close();
    }
  }
}
