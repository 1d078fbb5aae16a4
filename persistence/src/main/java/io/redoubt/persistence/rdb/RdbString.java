package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.bytes.Utf8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A string in any encoding, read in three steps: its head, its body once it has arrived, and its
 * plain bytes on demand. Reusable.
 */
final class RdbString implements AutoCloseable {

  private static final int DECIMAL_BYTES = 24;
  private static final long MAX_HEAP_BYTES = Runtime.getRuntime().maxMemory() / 8;

  private final BufferMemory buffers;
  private final Lzf.Decompressor lzf;
  private BufferMemory.@Nullable Block scratch;

  private boolean integer;
  private boolean compressed;
  private boolean skipped;
  private long number;
  private long plainBytes;
  private long storedBytes;

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private final RdbBytes bytes = new RdbBytes();

  /** Creates a string whose scratch memory and decompressor may be shared with others. */
  RdbString(BufferMemory buffers, Lzf.Decompressor lzf) {
    this.buffers = buffers;
    this.lzf = lzf;
  }

  @Override
  public void close() {
    if (scratch != null) {
      buffers.free(scratch);
      scratch = null;
    }
  }

  /**
   * Reads the length and the encoding.
   *
   * @return false if they have not arrived in full
   */
  boolean readHead(RdbInput in) throws RdbException {
    long start = in.offset();
    if (!in.readLengthOrEncoding()) {
      return false;
    }
    integer = false;
    compressed = false;
    skipped = false;
    switch (in.encoding()) {
      case RdbKey.NONE -> {
        plainBytes = in.length();
        storedBytes = plainBytes;
      }
      case RdbFormat.STRING_INT8 -> {
        if (!in.has(1)) {
          return false;
        }
        setInteger((byte) in.readByte());
      }
      case RdbFormat.STRING_INT16 -> {
        if (!in.has(2)) {
          return false;
        }
        setInteger(in.readLittleShort());
      }
      case RdbFormat.STRING_INT32 -> {
        if (!in.has(4)) {
          return false;
        }
        setInteger(in.readLittleInt());
      }
      case RdbFormat.STRING_LZF -> {
        if (!in.readLength()) {
          return false;
        }
        storedBytes = in.length();
        if (!in.readLength()) {
          return false;
        }
        plainBytes = in.length();
        compressed = true;
      }
      default -> throw new RdbException(start, "Unknown string encoding " + (in.encoding() & 0x3f));
    }
    if (plainBytes < 0 || plainBytes > Integer.MAX_VALUE || storedBytes < 0) {
      throw new RdbException(
          start, "Too long a string: " + Long.toUnsignedString(plainBytes) + " bytes");
    }
    if (compressed
        && (storedBytes > plainBytes * Lzf.LARGEST_GROWTH
            || plainBytes > storedBytes * Lzf.LARGEST_RATIO)) {
      throw new RdbException(start, "Invalid LZF compressed string");
    }
    in.checkFits(storedBytes);
    return true;
  }

  /**
   * Reads head and body.
   *
   * @return false if they have not arrived in full
   */
  boolean read(RdbInput in) throws RdbException {
    return readHead(in) && readBody(in);
  }

  /**
   * Reads head and body; the body of a string of more than the given length is dropped, after which
   * {@link #plain} has its length only.
   *
   * @return false if they have not arrived in full
   */
  boolean readOrSkip(RdbInput in, long longestBytes) throws RdbException {
    if (!readHead(in)) {
      return false;
    }
    skipped = storedBytes > longestBytes || plainBytes > longestBytes;
    return skipped ? in.skipBody(storedBytes) : readBody(in);
  }

  private void setInteger(long value) {
    integer = true;
    number = value;
    plainBytes = 0;
    storedBytes = 0;
  }

  /**
   * Skips the body.
   *
   * @return false if it has not arrived in full
   */
  boolean readBody(RdbInput in) {
    if (!in.has(storedBytes)) {
      return false;
    }
    memory = in.memory();
    offset = in.cursor();
    in.skip(storedBytes);
    return true;
  }

  boolean isInteger() {
    return integer;
  }

  boolean isCompressed() {
    return compressed;
  }

  long number() {
    return number;
  }

  /** Returns the length of the string in bytes, 0 for an integer before {@link #decode}. */
  long plainBytes() {
    return plainBytes;
  }

  /** Returns the length of the body in the stream in bytes. */
  long storedBytes() {
    return storedBytes;
  }

  /**
   * Decodes the body to plain bytes.
   *
   * @param at the offset to report if the compressed bytes are invalid
   */
  void decode(long at) throws RdbException {
    if (integer) {
      BufferMemory.Block target = scratch(DECIMAL_BYTES);
      plainBytes = Numbers.writeLong(target.memory(), target.offset(), number);
      memory = target.memory();
      offset = target.offset();
    } else if (compressed) {
      BufferMemory.Block target = scratch(plainBytes);
      long start = target.offset();
      boolean valid =
          lzf.run(
              memory,
              offset,
              offset + storedBytes,
              target.memory(),
              start,
              start,
              start + plainBytes);
      if (!valid || lzf.input() != offset + storedBytes || lzf.output() != start + plainBytes) {
        throw new RdbException(at, "Invalid LZF compressed string");
      }
      memory = target.memory();
      offset = start;
    }
  }

  /** Decodes the body and returns a reference to the plain bytes. */
  RdbBytes plain(long at) throws RdbException {
    if (skipped) {
      return bytes.at(MemorySegment.NULL, 0, (int) plainBytes);
    }
    decode(at);
    return bytes.at(memory, offset, (int) plainBytes);
  }

  /** Returns the memory of the plain bytes, after {@link #decode}. */
  MemorySegment memory() {
    return memory;
  }

  /** Returns the offset of the plain bytes, after {@link #decode}. */
  long offset() {
    return offset;
  }

  /**
   * Refuses a string that is too long for the Java heap, before it is decoded: a compressed one can
   * have 88 times as many bytes as its source sent.
   */
  void checkFitsHeap(long at) throws RdbException {
    if (plainBytes > MAX_HEAP_BYTES) {
      throw new RdbException(at, "Too long a text for the Java heap: " + plainBytes + " bytes");
    }
  }

  /** Returns the plain bytes as text, after {@link #decode}. */
  String text() {
    byte[] plain = memory.asSlice(offset, plainBytes).toArray(ValueLayout.JAVA_BYTE);
    return Utf8.decode(plain);
  }

  private BufferMemory.Block scratch(long bytes) {
    BufferMemory.Block current = scratch;
    if (current == null || current.sizeBytes() < bytes) {
      if (current != null) {
        buffers.free(current);
        scratch = null;
      }
      current = buffers.allocate(Math.max(bytes, 1024));
      scratch = current;
    }
    return current;
  }
}
