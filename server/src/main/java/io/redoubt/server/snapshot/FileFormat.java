package io.redoubt.server.snapshot;

import io.redoubt.persistence.aof.RewriteWriter;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import org.jspecify.annotations.Nullable;

/** What a data set is written as: RDB or commands. */
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
   * The RDB version that entries are told in: commands say everything, an RDB leaves to its reader
   * what that can find out.
   */
  static int version(@Nullable SnapshotTarget target, SnapshotSettings settings) {
    return target != null && target.holdsCommands() ? RdbFormat.NEWEST_VERSION : settings.version();
  }

  /** Leaves the expiries of hash fields out. */
  void leaveOutFieldExpiry() {
    if (rdb != null) {
      rdb.withoutFieldExpiry();
    }
  }

  /** Who is told the data set. */
  RdbVisitor visitor() {
    return visitor;
  }

  /** Lets a reader of this process's own records pass on what need not be told. */
  void shorten(RdbReader reader) {
    if (rdb != null) {
      reader.passingTo(rdb);
    }
  }

  /** Writes what a file of the format begins with. */
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
