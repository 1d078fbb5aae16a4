package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that have arrived and are not consumed yet, in one piece, and the primitives of the
 * format. Reading goes forward from {@link #position}; what was read is given up with {@link
 * #commit()} or, when the rest of an item has not arrived, read again later after {@link
 * #rollback()}.
 */
final class RdbInput {

  private static final int FIRST_BLOCK_BYTES = 1 << 17;

  /** A block with less room than this is compacted or replaced before more bytes are taken in. */
  private static final int LEAST_ROOM_BYTES = 1 << 15;

  private static final ValueLayout.OfShort LITTLE_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt LITTLE_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LITTLE_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt BIG_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong BIG_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final @Nullable BufferMemory buffers;
  private BufferMemory.@Nullable Block block;

  private MemorySegment memory;
  private long position; // consumed up to here
  private long cursor; // read up to here
  private long limit; // arrived up to here
  private long base; // what to add to a place in memory to get an offset in the stream

  private long totalBytes = Long.MAX_VALUE; // of the stream
  private long reached; // the offset in the stream that reading has come to

  private long summed; // bytes before this place are in crc
  private long crc;

  private long length;
  private int encoding;

  /** An input that bytes are fed into. */
  RdbInput(BufferMemory buffers) {
    this.buffers = buffers;
    this.block = buffers.allocate(FIRST_BLOCK_BYTES);
    this.memory = block.memory();
    this.position = block.offset();
    this.cursor = position;
    this.limit = position;
    this.summed = position;
    this.base = -position;
  }

  /** An input of bytes that are all there and stay where they are. */
  RdbInput(MemorySegment memory, long offset, long length) {
    this.buffers = null;
    this.memory = memory;
    this.position = offset;
    this.cursor = offset;
    this.limit = offset + length;
    this.summed = offset;
    this.base = -offset;
  }

  void close() {
    if (buffers != null && block != null) {
      buffers.free(block);
      block = null;
    }
  }

  MemorySegment memory() {
    return memory;
  }

  /** Where the bytes begin that are not consumed. */
  long position() {
    return position;
  }

  /** Where reading is. */
  long cursor() {
    return cursor;
  }

  /** The end of what has arrived, which is where the next bytes go. */
  long limit() {
    return limit;
  }

  /** The offset in the stream of what is not consumed. */
  long consumedBytes() {
    return base + position;
  }

  /** The offset in the stream of the cursor. */
  long offset() {
    return base + cursor;
  }

  /**
   * How many bytes can be put at {@link #limit()}; makes room first. Moves what has been delivered
   * before.
   */
  int room() {
    BufferMemory.Block current = block;
    if (buffers == null || current == null) {
      return 0;
    }
    if (current.end() - limit < LEAST_ROOM_BYTES) {
      long waiting = limit - position;
      if (waiting > current.sizeBytes() - LEAST_ROOM_BYTES) {
        BufferMemory.Block larger = buffers.allocate(current.sizeBytes() * 2);
        moveTo(larger.memory(), larger.offset());
        buffers.free(current);
        block = larger;
        current = larger;
      } else {
        moveTo(memory, current.offset());
      }
    }
    return (int) Math.min(current.end() - limit, 1 << 30);
  }

  private void moveTo(MemorySegment target, long to) {
    long waiting = limit - position;
    MemorySegment.copy(memory, position, target, to, waiting);
    memory = target;
    base += position - to;
    position = to;
    cursor = to;
    summed = to;
    limit = to + waiting;
  }

  /** Tells that bytes have been put at {@link #limit()}. */
  void filled(int bytes) {
    limit += bytes;
  }

  /** Tells how long the stream is. */
  void totalBytes(long bytes) {
    totalBytes = bytes;
  }

  /** Makes sure that so many bytes behind the cursor are within the stream. */
  void checkFits(long bytes) throws RdbException {
    if (bytes > totalBytes - offset()) {
      throw new RdbException(consumedBytes(), "A string reaches beyond the end of the data");
    }
  }

  /** Consumes what has been read. */
  void commit() {
    position = cursor;
  }

  /** Goes back to where the item began. */
  void rollback() {
    reached = Math.max(reached, offset());
    cursor = position;
  }

  /** The offset in the stream up to which bytes have been understood, even of an item not whole. */
  long reached() {
    return Math.max(reached, offset());
  }

  /** The CRC-64 of all that is consumed. */
  long sum() {
    crc = Crc64.update(crc, memory, summed, position - summed);
    summed = position;
    return crc;
  }

  /** Does as if everything consumed were summed, for streams without a checksum. */
  void skipSum() {
    summed = position;
  }

  /** Whether so many bytes have arrived behind the cursor. */
  boolean has(long bytes) {
    return limit - cursor >= bytes;
  }

  /** The number of bytes behind the cursor. */
  long available() {
    return limit - cursor;
  }

  void skip(long bytes) {
    cursor += bytes;
  }

  int readByte() {
    return memory.get(JAVA_BYTE, cursor++) & 0xff;
  }

  int readLittleShort() {
    cursor += 2;
    return memory.get(LITTLE_SHORT, cursor - 2);
  }

  int readLittleInt() {
    cursor += 4;
    return memory.get(LITTLE_INT, cursor - 4);
  }

  long readLittleLong() {
    cursor += 8;
    return memory.get(LITTLE_LONG, cursor - 8);
  }

  long readBigLong() {
    cursor += 8;
    return bigLong(memory, cursor - 8);
  }

  /** The eight bytes at a place, most significant first. */
  static long bigLong(MemorySegment memory, long offset) {
    return memory.get(BIG_LONG, offset);
  }

  /**
   * Reads a length or the mark of a special string encoding: see {@link #length()} and {@link
   * #encoding()}.
   *
   * @return false when it has not arrived whole
   */
  boolean readLengthOrEncoding() throws RdbException {
    if (!has(1)) {
      return false;
    }
    int first = readByte();
    encoding = RdbKey.NONE;
    switch (first >> 6) {
      case 0 -> length = first;
      case 1 -> {
        if (!has(1)) {
          return false;
        }
        length = (first & 0x3fL) << 8 | readByte();
      }
      case 3 -> encoding = first;
      default -> {
        if (first == RdbFormat.LENGTH_32) {
          if (!has(4)) {
            return false;
          }
          length = memory.get(BIG_INT, cursor) & 0xffffffffL;
          cursor += 4;
        } else if (first == RdbFormat.LENGTH_64) {
          if (!has(8)) {
            return false;
          }
          length = memory.get(BIG_LONG, cursor);
          cursor += 8;
        } else {
          throw new RdbException(
              offset() - 1, "Unknown length encoding " + (first >> 6) + " in rdbLoadLen()");
        }
      }
    }
    return true;
  }

  /** Reads a length, which may use all 64 bits. */
  boolean readLength() throws RdbException {
    if (!readLengthOrEncoding()) {
      return false;
    }
    if (encoding >= 0) {
      throw new RdbException(offset() - 1, "A string encoding where a length belongs");
    }
    return true;
  }

  /** The length read last. */
  long length() {
    return length;
  }

  /** The string encoding read last in place of a length, or {@link RdbKey#NONE}. */
  int encoding() {
    return encoding;
  }
}
