package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The payload of DUMP and RESTORE: the type byte and the value as in an RDB file, the RDB version
 * in two bytes and the CRC-64 of all preceding bytes in eight, both little-endian.
 */
public final class DumpPayload {

  static final int FOOTER_BYTES = 10;
  private static final int CHECKSUM_BYTES = 8;
  private static final String SHORT = "Short read: the data ends too early";

  private static final ValueLayout.OfShort LITTLE_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LITTLE_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private DumpPayload() {}

  /**
   * Creates a writer of a single value; {@link #writeFooter} must follow.
   *
   * @param out an empty output that computes a checksum
   * @param compress true to compress strings if that makes them shorter
   * @param version the RDB version that may be used in any case
   */
  public static RdbWriter writer(
      RdbOutput out, boolean compress, int version, BufferMemory buffers) {
    return new RdbWriter(out, compress, buffers).version(version).withoutKeys();
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
    long expected = memory.get(LITTLE_LONG, offset + length - CHECKSUM_BYTES);
    return expected == Crc64.update(0, memory, offset, length - CHECKSUM_BYTES);
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

  /**
   * Reads the value of a payload that {@link #isValid} and passes it to the visitor, with an empty
   * key.
   *
   * @throws RdbException if the value is corrupt or of an unsupported type, or if the visitor
   *     refuses it; a part of a collection may have been passed by then
   */
  public static void read(
      MemorySegment memory, long offset, long length, BufferMemory buffers, RdbValueVisitor visitor)
      throws RdbException {
    long valueBytes = length - FOOTER_BYTES;
    RdbInput in = new RdbInput(memory, offset, valueBytes);
    in.totalBytes(valueBytes);
    if (valueBytes <= 0) {
      throw new RdbException(0, SHORT);
    }
    RdbType type = RdbType.known(in.readByte(), 0);
    if (type == RdbType.STRING) {
      readString(in, buffers, visitor);
    } else {
      readCollection(type, in, buffers, visitor);
    }
    if (in.available() != 0) {
      throw new RdbException(in.offset(), "Bytes behind the value");
    }
  }

  private static void readString(RdbInput in, BufferMemory buffers, RdbValueVisitor visitor)
      throws RdbException {
    try (RdbString value = new RdbString(buffers)) {
      if (!value.read(in)) {
        throw new RdbException(in.offset(), SHORT);
      }
      if (in.available() == 0) {
        if (value.isInteger()) {
          visitor.integer(new RdbKey(), value.number());
        } else {
          RdbBytes bytes = value.plain(1);
          visitor.string(new RdbKey(), bytes.memory(), bytes.offset(), bytes.length());
        }
      }
    }
  }

  private static void readCollection(
      RdbType type, RdbInput in, BufferMemory buffers, RdbValueVisitor visitor)
      throws RdbException {
    try (CollectionReader reader = new CollectionReader(buffers, visitor, in)) {
      boolean whole = reader.begin(type, new RdbKey());
      while (whole && !reader.isDone()) {
        in.commit();
        whole = reader.step();
      }
      if (!whole) {
        throw new RdbException(in.offset(), SHORT);
      }
    } catch (RdbException e) {
      throw e.in(in.consumedBytes(), " (" + type.description() + ")");
    }
  }
}
