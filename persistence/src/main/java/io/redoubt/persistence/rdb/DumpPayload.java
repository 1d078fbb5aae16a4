package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The payload of DUMP and RESTORE: the type byte and the value as in an RDB file, the RDB version
 * in two bytes and the CRC-64 of all preceding bytes in eight, both little-endian.
 */
public final class DumpPayload {

  static final int FOOTER_BYTES = 10;
  private static final int CHECKSUM_BYTES = 8;

  private static final ValueLayout.OfShort LITTLE_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LITTLE_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private DumpPayload() {}

  /**
   * Creates a writer of a single value; {@link #writeFooter} must follow.
   *
   * @param out an empty output that computes a checksum
   * @param compressor compresses strings if that makes them shorter; null to compress none. It is
   *     given because its table takes longer to allocate than a small value to compress
   * @param version the RDB version that may be used in any case
   */
  public static RdbWriter writer(
      RdbOutput out, Lzf.@Nullable Compressor compressor, int version, BufferMemory buffers) {
    return new RdbWriter(out, compressor, buffers).version(version).withoutKeys();
  }

  /** Writes the footer behind the value. */
  public static void writeFooter(RdbOutput out, RdbWriter writer) {
    out.putByte(writer.versionNeeded());
    out.putByte(0);
    out.putLittleLong(out.checksum());
  }

  /**
   * Returns true if version and checksum allow the payload to be read.
   *
   * @param comparesChecksum true to verify the checksum
   */
  public static boolean isValid(
      MemorySegment memory, long offset, long length, boolean comparesChecksum) {
    if (length < FOOTER_BYTES) {
      return false;
    }
    int version = version(memory, offset, length);
    if (version > RdbFormat.NEWEST_VERSION && version != RdbFormat.VALKEY_VERSION) {
      return false;
    }
    if (!comparesChecksum) {
      return true;
    }
    return checksum(memory, offset, length) == sum(0, memory, offset, summedBytes(length));
  }

  /** Returns the RDB version in the footer of a payload. */
  public static int version(MemorySegment memory, long offset, long length) {
    return memory.get(LITTLE_SHORT, offset + length - FOOTER_BYTES) & 0xffff;
  }

  /** Returns true if a payload with a footer is a hash that may have fields with expiries. */
  public static boolean mayHaveFieldExpiry(MemorySegment memory, long offset) {
    RdbType type = RdbType.of(memory.get(ValueLayout.JAVA_BYTE, offset) & 0xff);
    return type != null && type.sinceVersion() >= RdbType.HASH_METADATA.sinceVersion();
  }

  /** Returns the sum of the bytes before the checksum of a payload, continued from {@code sum}. */
  public static long sum(long sum, MemorySegment memory, long offset, long length) {
    return Crc64.update(sum, memory, offset, length);
  }

  /** Returns the number of bytes of a payload that its checksum covers. */
  public static long summedBytes(long length) {
    return length - CHECKSUM_BYTES;
  }

  /** Returns the checksum in the footer of a payload. */
  public static long checksum(MemorySegment memory, long offset, long length) {
    return memory.get(LITTLE_LONG, offset + length - CHECKSUM_BYTES);
  }
}
