package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.value.StringValue;

/** DUMP and RESTORE between entries and payloads. */
public final class Payloads {

  private Payloads() {}

  /**
   * The payload of an entry's value, in blocks of the keyspace's memory; to be closed when it is
   * sent.
   *
   * @param compress whether long strings are compressed ({@code rdbcompression})
   */
  public static BlockOutput dump(Keyspace keyspace, long entry, boolean compress) {
    BufferMemory buffers = new SlabBuffers(keyspace.slabs());
    BlockOutput out = new BlockOutput(buffers);
    try (RdbWriter writer = DumpPayload.writer(out, compress, RdbFormat.WRITTEN_VERSION, buffers)) {
      RdbKey noKey = new RdbKey();
      if (StringValue.isInteger(entry)) {
        writer.integer(noKey, StringValue.integer(entry));
      } else {
        long bytes = StringValue.bytesAddress(entry);
        writer.string(noKey, Region.MEMORY, bytes, StringValue.length(entry));
      }
      DumpPayload.writeFooter(out, writer);
    }
    return out;
  }

  /** Whether version and checksum of a payload at an address are right. */
  public static boolean isValid(long address, int length) {
    return DumpPayload.isValid(Region.MEMORY, address, length);
  }

  /**
   * Puts the value of a valid payload under a key, in the place of what the key held.
   *
   * @param expireAtMillis Unix time, -1 for none
   * @return the entry
   * @throws RdbException when the value is corrupt or of a type that is not known; the key is as it
   *     was
   */
  public static long restore(
      Database database,
      Keyspace keyspace,
      long keyAddress,
      int keyLength,
      long expireAtMillis,
      long payloadAddress,
      int payloadLength)
      throws RdbException {
    RestoredValue value = new RestoredValue(database, keyAddress, keyLength, expireAtMillis);
    BufferMemory buffers = new SlabBuffers(keyspace.slabs());
    DumpPayload.read(Region.MEMORY, payloadAddress, payloadLength, buffers, value);
    return value.entry();
  }
}
