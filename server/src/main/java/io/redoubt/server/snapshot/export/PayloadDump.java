package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.rdb.BlocksOutput;
import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.value.Values;

/**
 * A payload of DUMP that is written in steps and sent in pieces, so that a large value does not
 * block other clients. Its entry must neither change nor move until it is written.
 */
public final class PayloadDump implements AutoCloseable {
  private final BlocksOutput out;
  private final RdbWriter writer;
  private final SlicedExport export;
  private boolean isWritten;

  /**
   * Starts to write the payload of an entry's value.
   *
   * @param compress true to compress long strings ({@code rdbcompression})
   * @param version the RDB version to use even if an older one would do ({@code rdb-write-version})
   */
  public PayloadDump(Values values, long entry, boolean compress, int version) {
    BufferMemory buffers = new SlabBuffers(values.keyspace().slabs());
    out = new BlocksOutput(buffers);
    writer = DumpPayload.writer(out, compress ? values.compressor() : null, version, buffers);
    try {
      export = new SlicedExport(values, version, entry, writer);
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts every value
    }
  }

  /** Writes some elements; returns true if more of the value is left. */
  public boolean step() {
    try {
      if (export.step()) {
        return true;
      }
    } catch (RdbException e) {
      throw new IllegalStateException(e);
    }
    DumpPayload.writeFooter(out, writer);
    isWritten = true;
    return false;
  }

  public boolean isWritten() {
    return isWritten;
  }

  /** Returns the length of the complete payload. */
  public long sizeBytes() {
    return out.sizeBytes();
  }

  /** Passes the next piece of the complete payload; returns false at its end. */
  public boolean take(BlocksOutput.Taker taker, int maxBytes) {
    return out.take(taker, maxBytes);
  }

  @Override
  public void close() {
    export.close();
    writer.close();
    out.close();
  }
}
