package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes RDB in the lowest version that holds the data, which is 9 as long as there are no
 * functions. Being a visitor it also rewrites what an {@link RdbReader} reads: the snapshot's
 * writer thread compresses by that. One thread's.
 */
public final class RdbWriter implements RdbVisitor, AutoCloseable {

  /**
   * Longer strings are written plain: compressing needs the whole string and its result in memory
   * at once.
   */
  public static final int LONGEST_COMPRESSED_BYTES = 1 << 24;

  /** Longer texts are no numbers of 32 bits. */
  private static final int LONGEST_INTEGER_TEXT = 11;

  private final RdbOutput out;
  private final BufferMemory buffers;
  private final Lzf.@Nullable Compressor compressor;
  private BufferMemory.@Nullable Block compressed;

  /**
   * A writer to an output.
   *
   * @param compress whether strings are compressed when that makes them shorter ({@code
   *     rdbcompression})
   * @param buffers where the result of compression is held for a moment
   */
  public RdbWriter(RdbOutput out, boolean compress, BufferMemory buffers) {
    this.out = out;
    this.buffers = buffers;
    this.compressor = compress ? new Lzf.Compressor() : null;
  }

  /** Writes magic and version of the version that this writer writes. */
  public void begin() {
    begin(RdbFormat.WRITTEN_VERSION);
  }

  @Override
  public void begin(int version) {
    ascii("REDIS%04d".formatted(RdbFormat.WRITTEN_VERSION));
  }

  @Override
  public void aux(String name, String value) {
    out.putByte(RdbFormat.AUX);
    text(name);
    text(value);
  }

  @Override
  public void selectDb(int database) {
    out.putByte(RdbFormat.SELECT_DB);
    putLength(database);
  }

  @Override
  public void resizeDb(long keys, long expiring) {
    out.putByte(RdbFormat.RESIZE_DB);
    putLength(keys);
    putLength(expiring);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) throws RdbException {
    throw new RdbException(out.sizeBytes(), "RDB version 9 holds no functions");
  }

  /** A module's data has been skipped by the reader and can't be written. */
  @Override
  public void moduleAux(String module) throws RdbException {
    throw new RdbException(out.sizeBytes(), "Data of module " + module + " can't be written");
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    putKey(key);
    putString(memory, offset, length);
  }

  @Override
  public void integer(RdbKey key, long value) {
    putKey(key);
    putInteger(value);
  }

  @Override
  public void beginString(RdbKey key, long length) {
    putKey(key);
    putLength(length);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {
    out.putBytes(memory, offset, length);
  }

  @Override
  public void endString() {
    // the length stood at its beginning
  }

  /** Writes the end mark and the checksum, which is 0 when the output does not sum. */
  @Override
  public void end() {
    out.putByte(RdbFormat.EOF);
    out.putLittleLong(out.checksum());
  }

  /** Writes a string in its shortest encoding. */
  void putString(MemorySegment memory, long offset, int length) {
    if (length <= LONGEST_INTEGER_TEXT) {
      long number = Numbers.parseLong(memory, offset, length, Long.MIN_VALUE);
      if (number == (int) number) {
        putInteger(number);
        return;
      }
    }
    if (compressor == null
        || length < RdbFormat.SHORTEST_COMPRESSED_BYTES
        || length > LONGEST_COMPRESSED_BYTES
        || !putCompressed(compressor, memory, offset, length)) {
      putLength(length);
      out.putBytes(memory, offset, length);
    }
  }

  /** Writes the decimal text of a number as a string, in binary when 32 bits hold it. */
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
      ascii(value);
    }
  }

  @Override
  public void close() {
    if (compressed != null) {
      buffers.free(compressed);
      compressed = null;
    }
  }

  private boolean putCompressed(Lzf.Compressor lzf, MemorySegment memory, long offset, int length) {
    BufferMemory.Block target = compressed;
    if (target == null || target.sizeBytes() < length) {
      close();
      target = buffers.allocate(Math.max(length, 1 << 12));
      compressed = target;
    }
    // a saving of fewer bytes than the lengths take is none
    int size = lzf.compress(memory, offset, length, target.memory(), target.offset(), length - 4);
    if (size == 0) {
      return false;
    }
    out.putByte(RdbFormat.STRING_LZF);
    putLength(size);
    putLength(length);
    out.putBytes(target.memory(), target.offset(), size);
    return true;
  }

  private void putKey(RdbKey key) {
    if (key.expireAtMillis() != RdbKey.NONE) {
      out.putByte(RdbFormat.EXPIRE_MILLIS);
      out.putLittleLong(key.expireAtMillis());
    }
    if (key.idleSeconds() != RdbKey.NONE) {
      out.putByte(RdbFormat.IDLE);
      putLength(key.idleSeconds());
    }
    if (key.frequency() != RdbKey.NONE) {
      out.putByte(RdbFormat.FREQUENCY);
      out.putByte(key.frequency());
    }
    out.putByte(RdbType.STRING.id());
    putString(key.memory(), key.offset(), key.length());
  }

  private void putLength(long length) {
    if (length < 1 << 6) {
      out.putByte((int) length);
    } else if (length < 1 << 14) {
      out.putByte((int) (length >> 8) | 0x40);
      out.putByte((int) length);
    } else if (length <= 0xffffffffL) {
      out.putByte(RdbFormat.LENGTH_32);
      out.putBigInt((int) length);
    } else {
      out.putByte(RdbFormat.LENGTH_64);
      out.putBigLong(length);
    }
  }

  private void text(String text) {
    MemorySegment bytes = MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    putString(bytes, 0, (int) bytes.byteSize());
  }

  private void ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      out.putByte(text.charAt(i));
    }
  }

  private void ascii(long value) {
    putLength(Numbers.decimalLength(value));
    out.putDecimal(value);
  }
}
