package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An immutable byte string on the heap, for names that outlive a request, such as channels, users
 * and watched keys. Ordered lexicographically by unsigned bytes.
 */
public final class ByteString implements Comparable<ByteString> {

  /** The empty string. */
  public static final ByteString EMPTY = new ByteString(new byte[0]);

  private final byte[] bytes;
  private final int hash;

  private ByteString(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Arrays.hashCode(bytes);
  }

  /** Returns a copy of the given bytes. */
  public static ByteString of(byte[] bytes) {
    return bytes.length == 0 ? EMPTY : new ByteString(bytes.clone());
  }

  /** Returns the UTF-8 encoding of a text; escapes of {@link Utf8} become the original bytes. */
  public static ByteString of(String text) {
    return text.isEmpty() ? EMPTY : new ByteString(Utf8.encode(text));
  }

  /** Returns a copy of the bytes {@code [offset, offset + length)} of {@code memory}. */
  public static ByteString copyOf(MemorySegment memory, long offset, int length) {
    if (length == 0) {
      return EMPTY;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
    return new ByteString(bytes);
  }

  public int length() {
    return bytes.length;
  }

  /** Returns true if the length is 0. */
  public boolean isEmpty() {
    return bytes.length == 0;
  }

  public byte byteAt(int index) {
    return bytes[index];
  }

  /** Returns a copy of the bytes. */
  public byte[] toByteArray() {
    return bytes.clone();
  }

  /** Returns the bytes as a read-only segment. */
  public MemorySegment asSegment() {
    return MemorySegment.ofArray(bytes).asReadOnly();
  }

  /** Copies the bytes to {@code memory}, starting at {@code offset}. */
  public void copyTo(MemorySegment memory, long offset) {
    copyTo(0, memory, offset, bytes.length);
  }

  /** Copies {@code length} bytes, starting at {@code index}, to {@code memory}. */
  public void copyTo(int index, MemorySegment memory, long offset, int length) {
    MemorySegment.copy(bytes, index, memory, ValueLayout.JAVA_BYTE, offset, length);
  }

  /** Returns true if the bytes equal {@code [offset, offset + length)} of {@code memory}. */
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

  /** Returns the bytes as a text from which {@link #of(String)} creates the same bytes. */
  public String exactText() {
    return Utf8.decode(bytes);
  }

  /** Returns the bytes decoded as UTF-8, with replacement characters for malformed ones. */
  @Override
  public String toString() {
    return new String(bytes, UTF_8);
  }
}
