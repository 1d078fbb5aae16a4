package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A destination of RDB bytes: a window of memory that is replaced when it is full. Counts the bytes
 * and optionally computes their CRC-64. Not thread-safe.
 */
public abstract class RdbOutput {

  private static final ValueLayout.OfShort BIG_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt BIG_INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong BIG_LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt LITTLE_INT =
      JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LITTLE_LONG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final boolean summing;
  private MemorySegment memory = MemorySegment.NULL;
  private long position; // the offset of the next byte
  private long limit;
  private long counted; // bytes of the window before it are in bytesBefore and crc
  private long bytesBefore;
  private long crc;

  /**
   * Creates an output with an empty window.
   *
   * @param summing true if {@link #checksum()} is needed
   */
  protected RdbOutput(boolean summing) {
    this.summing = summing;
  }

  /**
   * Flushes the window and sets another one, by {@link #window}, with room for at least {@code
   * atLeastBytes}.
   *
   * @param end the end of the window's content
   */
  protected abstract void renew(long end, int atLeastBytes);

  /** Sets the memory for the next bytes. */
  protected final void window(MemorySegment windowMemory, long from, long to) {
    memory = windowMemory;
    position = from;
    counted = from;
    limit = to;
  }

  /** Returns the offset of the next byte, the end of the window's content. */
  protected final long position() {
    return position;
  }

  /** Returns the CRC-64 of all bytes so far; 0 if this output computes none. */
  public final long checksum() {
    count();
    return crc;
  }

  /** Returns the number of bytes so far. */
  public final long sizeBytes() {
    return bytesBefore + (position - counted);
  }

  private void count() {
    if (summing) {
      crc = Crc64.update(crc, memory, counted, position - counted);
    }
    bytesBefore += position - counted;
    counted = position;
  }

  /** Ensures contiguous room in the window. */
  final void room(int bytes) {
    if (limit - position < bytes) {
      count();
      renew(position, bytes);
    }
  }

  final void putByte(int value) {
    room(1);
    memory.set(JAVA_BYTE, position++, (byte) value);
  }

  final void putBigInt(int value) {
    room(4);
    memory.set(BIG_INT, position, value);
    position += 4;
  }

  final void putBigLong(long value) {
    room(8);
    memory.set(BIG_LONG, position, value);
    position += 8;
  }

  final void putLittleInt(int value) {
    room(4);
    memory.set(LITTLE_INT, position, value);
    position += 4;
  }

  final void putLittleLong(long value) {
    room(8);
    memory.set(LITTLE_LONG, position, value);
    position += 8;
  }

  /** Writes the decimal text of a number. */
  final void putDecimal(long value) {
    room(Numbers.MAX_LONG_LENGTH);
    position += Numbers.writeLong(memory, position, value);
  }

  /**
   * Writes a byte and two strings contiguously, each preceded by its length, which is below 16384.
   */
  final void putShortStrings(int first, RdbKey key, MemorySegment source, long offset, int length) {
    room(key.length() + length + 1 + 2 * Short.BYTES);
    memory.set(JAVA_BYTE, position, (byte) first);
    long end = shortString(position + 1, key.memory(), key.offset(), key.length());
    position = shortString(end, source, offset, length);
  }

  /** Writes a string contiguously, preceded by its length, which is below 16384. */
  final void putShortString(MemorySegment source, long offset, int length) {
    room(length + Short.BYTES);
    position = shortString(position, source, offset, length);
  }

  private long shortString(long at, MemorySegment source, long offset, int length) {
    long start = at;
    if (length < 1 << 6) {
      memory.set(JAVA_BYTE, start++, (byte) length);
    } else {
      memory.set(BIG_SHORT, start, (short) (length | 0x4000));
      start += Short.BYTES;
    }
    MemorySegment.copy(source, offset, memory, start, length);
    return start + length;
  }

  /** Writes bytes, over several windows if necessary. */
  public final void putBytes(MemorySegment source, long offset, long length) {
    long done = 0;
    while (done < length) {
      room(1);
      long step = Math.min(length - done, limit - position);
      MemorySegment.copy(source, offset + done, memory, position, step);
      position += step;
      done += step;
    }
  }
}
