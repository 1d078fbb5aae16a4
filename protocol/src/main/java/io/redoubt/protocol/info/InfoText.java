package io.redoubt.protocol.info;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Decimals;
import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A reply of INFO in UTF-8. It is reused: monitoring asks often, and texts of some kilobytes would
 * soon fill the small part of the heap for new objects.
 */
public final class InfoText {
  private static final int USUAL_BYTES = 8 << 10;

  /** The room that is kept for the next reply. */
  private static final int KEPT_BYTES = 64 << 10;

  private static final byte[] END_OF_LINE = {'\r', '\n'};

  private final StringBuilder decimal = new StringBuilder();
  private byte[] bytes = {};
  private MemorySegment memory = MemorySegment.ofArray(bytes);
  private int length;

  /** Returns the memory whose first {@link #length} bytes are the text. */
  public MemorySegment memory() {
    return memory;
  }

  public int length() {
    return length;
  }

  void clear() {
    length = 0;
    if (bytes.length > KEPT_BYTES) {
      resize(USUAL_BYTES);
    }
  }

  private void resize(int capacity) {
    bytes = Arrays.copyOf(bytes, capacity);
    memory = MemorySegment.ofArray(bytes);
  }

  private void room(int added) {
    if (bytes.length - length < added) {
      resize(Math.max(USUAL_BYTES, Math.max(2 * bytes.length, length + added)));
    }
  }

  InfoText add(byte[] utf8) {
    room(utf8.length);
    System.arraycopy(utf8, 0, bytes, length, utf8.length);
    length += utf8.length;
    return this;
  }

  InfoText add(String text) {
    int count = text.length();
    room(count);
    int at = length;
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      if (c >= 128) {
        return add(text.getBytes(UTF_8));
      }
      bytes[at++] = (byte) c;
    }
    length = at;
    return this;
  }

  /** Adds a label, a number and the end of the line: most lines, so it looks for room once. */
  void addLine(byte[] label, long number) {
    // The digits are written in words.
    room(label.length + Numbers.MAX_LONG_LENGTH + Long.BYTES + END_OF_LINE.length);
    System.arraycopy(label, 0, bytes, length, label.length);
    length += label.length;
    length += Numbers.writeLong(memory, length, number);
    bytes[length++] = '\r';
    bytes[length++] = '\n';
  }

  InfoText add(double number, int digits) {
    decimal.setLength(0);
    Decimals.append(decimal, number, digits);
    return add(decimal.toString());
  }

  void endLine() {
    add(END_OF_LINE);
  }

  @Override
  public String toString() {
    return new String(bytes, 0, length, UTF_8);
  }
}
