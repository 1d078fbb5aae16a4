package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.value.Values;

/**
 * The payloads of DUMP and RESTORE: a value in RDB format, followed by a version and a checksum.
 */
public final class Payloads {

  /** The RDB version of Redis 7.0. */
  private static final int NEWEST_OF_REDIS_7 = 10;

  private Payloads() {}

  /**
   * Returns the payload of an entry's value in blocks of the keyspace's memory; the caller closes
   * it after sending.
   *
   * @param compress true to compress long strings ({@code rdbcompression})
   * @param version the RDB version to use even if an older one would do ({@code rdb-write-version})
   */
  public static BlockOutput dump(Values values, long entry, boolean compress, int version) {
    return dump(values, entry, compress, version, true);
  }

  /** Like {@link #dump}, without the expiry times of hash fields, in the lowest version. */
  public static BlockOutput dumpForOlder(Values values, long entry, boolean compress) {
    return dump(values, entry, compress, RdbFormat.WRITTEN_VERSION, false);
  }

  private static BlockOutput dump(
      Values values, long entry, boolean compress, int version, boolean withFieldExpiry) {
    BufferMemory buffers = new SlabBuffers(values.keyspace().slabs());
    BlockOutput out = new BlockOutput(buffers);
    try (RdbWriter writer =
        DumpPayload.writer(out, compress ? values.compressor() : null, version, buffers)) {
      if (!withFieldExpiry) {
        writer.withoutFieldExpiry();
      }
      new ValueExport(values, version).export(entry, writer);
      DumpPayload.writeFooter(out, writer);
      return out;
    } catch (RdbException e) {
      out.close();
      throw new IllegalStateException(e); // a writer accepts every value
    }
  }

  /** Returns true if Redis 7.0 accepts a valid payload, judging by its version. */
  public static boolean isForOlder(long address, int length) {
    return DumpPayload.version(Region.MEMORY, address, length) <= NEWEST_OF_REDIS_7;
  }

  /** Returns true if a valid payload is a hash that may have fields with expiry times. */
  public static boolean mayHaveFieldExpiry(long address) {
    return DumpPayload.mayHaveFieldExpiry(Region.MEMORY, address);
  }

  /**
   * Returns true if the version and the checksum of a payload are valid.
   *
   * @param comparesChecksum true to verify the checksum
   */
  public static boolean isValid(long address, int length, boolean comparesChecksum) {
    return DumpPayload.isValid(Region.MEMORY, address, length, comparesChecksum);
  }
}
