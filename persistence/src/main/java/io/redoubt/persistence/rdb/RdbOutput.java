package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where RDB bytes go: a window of memory that is renewed when it is full. Counts the bytes and,
 * when asked to, sums their CRC-64. One thread's.
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
  private long position; // where the next byte goes
  private long limit;
  private long counted; // up to here of the window is in bytesBefore and crc
  private long bytesBefore;
  private long crc;

  /**
   * An output with an empty window.
   *
   * @param summing whether {@link #checksum()} will be asked for
   */
  protected RdbOutput(boolean summing) {
    this.summing = summing;
  }

  /**
   * Takes what is in the window away and sets, by {@link #window}, another with room for at least
   * that many bytes.
   *
   * @param end the end of what is in the window
   */
  protected abstract void renew(long end, int atLeastBytes);

  /** Sets the memory that the next bytes go to. */
  protected final void window(MemorySegment windowMemory, long from, long to) {
    memory = windowMemory;
    position = from;
    counted = from;
    limit = to;
  }

  /** The memory that the window is in. */
  protected final MemorySegment windowMemory() {
    return memory;
  }

  /** Where the next byte goes: the end of what is in the window. */
  protected final long position() {
    return position;
  }

  /** The CRC-64 of all bytes put so far; 0 when this output does not sum. */
  public final long checksum() {
    count();
    return crc;
  }

  /** The number of bytes put so far. */
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

  /** Sees to it that the window has room for so many bytes in one piece. */
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

  /** Puts the decimal text of a number. */
  final void putDecimal(long value) {
    room(Numbers.MAX_LONG_LENGTH);
    position += Numbers.writeLong(memory, position, value);
  }

  /**
   * Puts a byte and two strings in one piece, each with its length before it, as a length that is
   * less than 16384.
   */
  final void putShortStrings(int first, RdbKey key, MemorySegment source, long offset, int length) {
    room(key.length() + length + 1 + 2 * Short.BYTES);
    memory.set(JAVA_BYTE, position, (byte) first);
    long end = shortString(position + 1, key.memory(), key.offset(), key.length());
    position = shortString(end, source, offset, length);
  }

  /** Puts a string in one piece with its length before it, as a length that is less than 16384. */
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

  /** Puts bytes, over several windows when there are many. */
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
