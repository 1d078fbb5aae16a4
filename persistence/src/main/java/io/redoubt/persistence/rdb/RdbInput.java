package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The contiguous bytes that have arrived and are not consumed yet, with the primitives of the
 * format. Reading advances the cursor from {@link #position}. {@link #commit()} consumes the read
 * bytes; {@link #rollback()} rewinds the cursor if an item has not arrived in full.
 *
 * <p>The bodies of long strings can be dropped as they arrive ({@link #skipBody}). They then have
 * no place in memory, but count in offsets and in the checksum.
 */
final class RdbInput {

  private static final int FIRST_BLOCK_BYTES = 1 << 17;

  /** The room below which a block is compacted or replaced before more bytes are read. */
  private static final int LEAST_ROOM_BYTES = 1 << 15;

  /** The largest hint that is followed in a stream of unknown length. */
  private static final long MAX_HINT = 1 << 20;

  /** The most long strings in an item: a field and its value. */
  private static final int MAX_DROPPED = 2;

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
  private long position; // bytes before it are consumed
  private long cursor; // bytes before it are read
  private long limit; // bytes before it have arrived
  private long base; // stream offset = base + memory offset

  private long totalBytes = Long.MAX_VALUE; // of the stream
  private long reached; // the highest stream offset read so far

  private long summed; // bytes before it are in crc
  private long crc;

  // The dropped bodies in the current item, in their order.
  private final long[] droppedBytes = new long[MAX_DROPPED];
  private int dropped;
  private long toDrop; // bytes of the last one that have not arrived
  private int passed; // the ones before the cursor,
  private long passedBytes; // and their sum

  private long length;
  private int encoding;

  /** Creates an input that is fed with bytes. */
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

  /** Creates an input of bytes that are complete and stay in place. */
  RdbInput(MemorySegment memory, long offset, long length) {
    this.buffers = null;
    this.memory = memory;
    open(memory, offset, length);
  }

  /** Starts with other bytes, which are the whole stream and stay in place. */
  void open(MemorySegment of, long offset, long bytes) {
    memory = of;
    position = offset;
    cursor = offset;
    limit = offset + bytes;
    base = -offset;
    totalBytes = bytes;
    reached = 0;
    summed = offset;
    crc = 0;
    dropped = 0;
    toDrop = 0;
    passed = 0;
    passedBytes = 0;
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

  /** Returns the offset in memory of the first unconsumed byte. */
  long position() {
    return position;
  }

  /** Returns the offset in memory of the next byte to read. */
  long cursor() {
    return cursor;
  }

  /** Returns the end of the bytes that have arrived, where the next bytes go. */
  long limit() {
    return limit;
  }

  /** Returns the stream offset of the first unconsumed byte. */
  long consumedBytes() {
    return base + position;
  }

  /** Returns the stream offset of the cursor. */
  long offset() {
    return base + cursor + passedBytes;
  }

  /**
   * Makes room and returns the number of bytes that can be put at {@link #limit()}. May move bytes
   * that were passed to a visitor.
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
    summed = to + (summed - position);
    position = to;
    cursor = to;
    limit = to + waiting;
  }

  /** Adds bytes that were put at {@link #limit()}. */
  void onFilled(int bytes) {
    limit += bytes;
    if (toDrop > 0) {
      drop(limit - bytes);
    }
  }

  /**
   * Skips the body of a string behind the cursor, whose bytes are dropped.
   *
   * @return false if it has not arrived in full
   */
  boolean skipBody(long bytes) {
    if (passed == dropped) {
      droppedBytes[dropped] = bytes;
      dropped++;
      crc = Crc64.update(crc, memory, summed, cursor - summed);
      summed = cursor;
      toDrop = bytes;
      drop(cursor);
    }
    if (passed == dropped - 1 && toDrop > 0) {
      return false;
    }
    passedBytes += droppedBytes[passed];
    passed++;
    return true;
  }

  /** Drops the bytes from an offset in memory on that belong to the last dropped body. */
  private void drop(long at) {
    long bytes = Math.min(toDrop, limit - at);
    crc = Crc64.update(crc, memory, at, bytes);
    MemorySegment.copy(memory, at + bytes, memory, at, limit - at - bytes);
    limit -= bytes;
    toDrop -= bytes;
  }

  /** Returns the number of bytes of the stream that have arrived. */
  long arrivedBytes() {
    long sum = base + limit - toDrop;
    for (int i = 0; i < dropped; i++) {
      sum += droppedBytes[i];
    }
    return sum;
  }

  /** Forgets the dropped bodies of an item. */
  private void clearDropped() {
    base += passedBytes;
    dropped = 0;
    passed = 0;
    passedBytes = 0;
  }

  /** Sets the stream offset of the first byte that arrives. */
  void startAt(long offset) {
    base = offset - position;
  }

  /** Sets the length of the stream. */
  void setTotalBytes(long bytes) {
    totalBytes = bytes;
  }

  /** Checks that the stream has at least as many bytes behind the cursor. */
  void checkFits(long bytes) throws RdbException {
    if (bytes > totalBytes - offset()) {
      throw new RdbException(consumedBytes(), "A string reaches beyond the end of the data");
    }
  }

  /**
   * Returns a count that is only a hint, limited by the number of items that can follow at the
   * given bytes per item, since hints can't be trusted.
   */
  long bounded(long count, int itemBytes) {
    long most = totalBytes == Long.MAX_VALUE ? MAX_HINT : (totalBytes - offset()) / itemBytes;
    return Math.clamp(count, 0, Math.max(most, 0));
  }

  /** Consumes the bytes read. */
  void commit() {
    position = cursor;
    if (passed > 0) {
      clearDropped();
    }
  }

  /** Rewinds the cursor to the start of the item. */
  void rollback() {
    reached = Math.max(reached, offset());
    cursor = position;
    passed = 0;
    passedBytes = 0;
  }

  /** Returns the highest stream offset that was parsed, including incomplete items. */
  long reached() {
    return Math.max(reached, offset());
  }

  /** Returns the CRC-64 of all consumed bytes. */
  long sum() {
    if (position > summed) { // otherwise a dropped body has been summed ahead
      crc = Crc64.update(crc, memory, summed, position - summed);
      summed = position;
    }
    return crc;
  }

  /** Excludes the consumed bytes from the checksum, for streams without one. */
  void skipSum() {
    summed = Math.max(summed, position);
  }

  /** Returns true if as many bytes have arrived behind the cursor. */
  boolean has(long bytes) {
    return limit - cursor >= bytes;
  }

  /** Returns the number of bytes behind the cursor. */
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

  private long readBigInt() {
    cursor += 4;
    return memory.get(BIG_INT, cursor - 4) & 0xffffffffL;
  }

  long readBigLong() {
    cursor += 8;
    return bigLong(memory, cursor - 8);
  }

  /** Returns the big-endian long at an offset. */
  static long bigLong(MemorySegment memory, long offset) {
    return memory.get(BIG_LONG, offset);
  }

  /**
   * Reads a length or the marker of a special string encoding; see {@link #length()} and {@link
   * #encoding()}.
   *
   * @return false if it has not arrived in full
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
          length = readBigInt();
        } else if (first == RdbFormat.LENGTH_64) {
          if (!has(8)) {
            return false;
          }
          length = readBigLong();
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

  /** Returns the length read last. */
  long length() {
    return length;
  }

  /** Returns the string encoding read last instead of a length, or {@link RdbKey#NONE}. */
  int encoding() {
    return encoding;
  }
}
