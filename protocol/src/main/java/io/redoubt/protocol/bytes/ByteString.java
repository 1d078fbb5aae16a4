package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable string of bytes on the heap: what names of channels, users and watched keys are
 * where they live longer than a request. Ordered lexically by unsigned bytes.
 */
public final class ByteString implements Comparable<ByteString> {

  /** The string of no bytes. */
  public static final ByteString EMPTY = new ByteString(new byte[0]);

  private final byte[] bytes;
  private final int hash;

  private ByteString(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Arrays.hashCode(bytes);
  }

  /** A copy of the given bytes. */
  public static ByteString of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new ByteString(bytes.clone());
  }

  /** The UTF-8 form of a text. */
  public static ByteString of(String text) {
    return text.isEmpty() ? EMPTY : new ByteString(text.getBytes(UTF_8));
  }

  /** A copy of the bytes {@code [offset, offset + length)} of {@code memory}. */
  public static ByteString copyOf(MemorySegment memory, long offset, int length) {
    if (length == 0) {
      return EMPTY;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
    return new ByteString(bytes);
  }

  /** How many bytes there are. */
  public int length() {
    return bytes.length;
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return bytes.length == 0;
  }

  /** The byte at {@code index}. */
  public byte byteAt(int index) {
    return bytes[index];
  }

  /** A copy of the bytes. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** The bytes as a read-only segment. */
  public MemorySegment asSegment() {
    return MemorySegment.ofArray(bytes).asReadOnly();
  }

  /** Writes the bytes to {@code memory} from {@code offset} on. */
  public void copyTo(MemorySegment memory, long offset) {
    copyTo(0, memory, offset, bytes.length);
  }

  /** Writes {@code length} of the bytes, from {@code index} on, to {@code memory}. */
  public void copyTo(int index, MemorySegment memory, long offset, int length) {
    MemorySegment.copy(bytes, index, memory, ValueLayout.JAVA_BYTE, offset, length);
  }

  /** Whether the bytes are those at {@code [offset, offset + length)} of {@code memory}. */
  public boolean equals(MemorySegment memory, long offset, int length) {
    if (length != bytes.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (bytes[i] != memory.get(ValueLayout.JAVA_BYTE, offset + i)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the other has the same bytes when the case of ASCII letters doesn't count. */
  public boolean equalsIgnoreCase(ByteString other) {
    if (bytes.length != other.bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (Ascii.lower(bytes[i]) != Ascii.lower(other.bytes[i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int compareTo(ByteString other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ByteString that
        && hash == that.hash
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** The bytes read as UTF-8. */
  @Override
  public String toString() {
    return new String(bytes, UTF_8);
  }
}
