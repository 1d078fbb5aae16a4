package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Writes strings and lengths to an output, each in its shortest encoding. */
final class StringEncoder implements AutoCloseable {

  /** The longest text of a 32-bit integer. */
  private static final int LONGEST_INTEGER_TEXT = 11;

  /** The longest string that is written contiguously. */
  private static final int SHORT_BYTES = 1 << 12;

  private final RdbOutput out;
  private final BufferMemory buffers;
  private final Lzf.@Nullable Compressor compressor;
  private BufferMemory.@Nullable Block compressed;

  // The result of findShorter: an integer, or compressed bytes and their plain length.
  private long number;
  private int compressedBytes;
  private int plainBytes;

  /**
   * Creates an encoder to an output.
   *
   * @param compressor compresses strings if that makes them shorter; null to compress none
   * @param buffers the source of buffers for compression
   */
  StringEncoder(RdbOutput out, Lzf.@Nullable Compressor compressor, BufferMemory buffers) {
    this.out = out;
    this.buffers = buffers;
    this.compressor = compressor;
  }

  @Override
  public void close() {
    if (compressed != null) {
      buffers.free(compressed);
      compressed = null;
    }
  }

  /** Writes a string in its shortest encoding. */
  void putString(MemorySegment memory, long offset, int length) {
    if (findShorter(memory, offset, length)) {
      putShorter();
    } else {
      putPlain(memory, offset, length);
    }
  }

  /** Writes a string without encoding. */
  void putPlain(MemorySegment memory, long offset, int length) {
    if (length <= SHORT_BYTES) {
      out.putShortString(memory, offset, length);
      return;
    }
    putLength(length);
    out.putBytes(memory, offset, length);
  }

  /**
   * Searches an encoding of a string that is shorter than its bytes.
   *
   * @return true if there is one, for {@link #putShorter()} to write
   */
  boolean findShorter(MemorySegment memory, long offset, int length) {
    if (length <= LONGEST_INTEGER_TEXT) {
      number = Numbers.parseLong(memory, offset, length, Long.MIN_VALUE);
      compressedBytes = 0;
      return number == (int) number;
    }
    Lzf.Compressor lzf = compressor;
    if (lzf == null
        || length < RdbFormat.SHORTEST_COMPRESSED_BYTES
        || length > RdbWriter.LONGEST_COMPRESSED_BYTES) {
      return false;
    }
    BufferMemory.Block target = compressed;
    if (target == null || target.sizeBytes() < length) {
      close();
      target = buffers.allocate(Math.max(length, 1 << 8));
      compressed = target;
    }
    // a saving smaller than the additional length field is none
    compressedBytes =
        lzf.compress(memory, offset, length, target.memory(), target.offset(), length - 4);
    plainBytes = length;
    return compressedBytes > 0;
  }

  /** Writes the encoding found by {@link #findShorter}. */
  void putShorter() {
    BufferMemory.Block source = compressed;
    if (compressedBytes == 0 || source == null) {
      putInteger(number);
      return;
    }
    out.putByte(RdbFormat.STRING_LZF);
    putLength(compressedBytes);
    putLength(plainBytes);
    out.putBytes(source.memory(), source.offset(), compressedBytes);
  }

  /** Writes the decimal text of an integer as a string, in binary if it fits 32 bits. */
  void putInteger(long value) {
    if (value == (byte) value) {
      out.putByte(RdbFormat.STRING_INT8);
      out.putByte((byte) value);
    } else if (value == (short) value) {
      out.putByte(RdbFormat.STRING_INT16);
      out.putByte((int) value);
      out.putByte((int) value >> 8);
    } else if (value == (int) value) {
      out.putByte(RdbFormat.STRING_INT32);
      out.putLittleInt((int) value);
    } else {
      putLength(Numbers.decimalLength(value));
      out.putDecimal(value);
    }
  }

  /** Writes a length, an unsigned integer. */
  void putLength(long length) {
    if (length >>> 6 == 0) {
      out.putByte((int) length);
    } else if (length >>> 14 == 0) {
      out.putByte((int) (length >> 8) | 0x40);
      out.putByte((int) length);
    } else if (length >>> 32 == 0) {
      out.putByte(RdbFormat.LENGTH_32);
      out.putBigInt((int) length);
    } else {
      out.putByte(RdbFormat.LENGTH_64);
      out.putBigLong(length);
    }
  }
}
