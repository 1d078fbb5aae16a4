package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.value.Values;

/** What DUMP makes of entries: a value in the form of an RDB file, with version and checksum. */
public final class Payloads {

  private Payloads() {}

  /**
   * The payload of an entry's value, in blocks of the keyspace's memory; to be closed when it is
   * sent.
   *
   * @param compress whether long strings are compressed ({@code rdbcompression})
   * @param version the RDB version that may be used without need ({@code rdb-write-version})
   */
  public static BlockOutput dump(Values values, long entry, boolean compress, int version) {
    BufferMemory buffers = new SlabBuffers(values.keyspace().slabs());
    BlockOutput out = new BlockOutput(buffers);
    try (RdbWriter writer = DumpPayload.writer(out, compress, version, buffers)) {
      new ValueExport(values, version).tell(entry, writer);
      DumpPayload.writeFooter(out, writer);
      return out;
    } catch (RdbException e) {
      out.close();
      throw new IllegalStateException(e); // a writer refuses no value
    }
  }

  /**
   * Whether version and checksum of a payload at an address are right.
   *
   * @param comparesChecksum whether the checksum counts
   */
  public static boolean isValid(long address, int length, boolean comparesChecksum) {
    return DumpPayload.isValid(Region.MEMORY, address, length, comparesChecksum);
  }
}
