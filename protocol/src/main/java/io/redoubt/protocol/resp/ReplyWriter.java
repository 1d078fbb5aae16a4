package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.bytes.Utf8;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies in the client's version of RESP; RESP3 types take Redis' RESP2 form if needed.
 * Allocates nothing, except for text beyond ASCII and for doubles with many decimal places.
 */
public final class ReplyWriter {

  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt HALF_WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort PAIR =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  // Short replies as words, the first byte lowest, written with one eight-byte store.
  private static final long OK = asciiWord("+OK\r\n");
  private static final long PONG = asciiWord("+PONG\r\n");
  private static final long NULL_BULK = asciiWord("$-1\r\n");
  private static final long NULL_ARRAY = asciiWord("*-1\r\n");
  private static final long NULL = asciiWord("_\r\n");
  private static final long TRUE = asciiWord("#t\r\n");
  private static final long FALSE = asciiWord("#f\r\n");
  private static final short END_OF_LINE = (short) asciiWord("\r\n");

  // The numbers that are formatted fastest as one word of digits.
  private static final long FIVE_DIGITS = 10_000;
  private static final long NINE_DIGITS = 100_000_000;

  /**
   * A type byte, a number, the end of the line, and the bytes that a store of a whole word may
   * overwrite.
   */
  private static final int MAX_LINE = 1 + Numbers.MAX_LONG_LENGTH + 2 + Long.BYTES;

  /**
   * The maximum length of a bulk string written into one window; longer ones are split at its end.
   */
  private static final int MAX_UNCUT_BYTES = 2048;

  /**
   * The length from which a bulk string of the data is referred to: two further windows and a pin
   * cost as much as copying some KB.
   */
  private static final int MIN_REFERRED_BYTES = 16 * 1024;

  /** The maximum size requested for a window, or referred to as one part. */
  private static final int MAX_WINDOW_BYTES = 256 * 1024;

  private static final int SCRATCH_BYTES =
      Math.max(Doubles.MAX_LENGTH, 2 * Numbers.MAX_LONG_LENGTH + 1);

  private ReplyBuffer sink;
  private final byte[] scratch = new byte[SCRATCH_BYTES];
  private final MemorySegment scratchMemory = MemorySegment.ofArray(scratch);
  private ReplyBuffer out;
  private @Nullable ReplyBuffer discarded;
  private int resp = 2;
  private boolean suppressed;

  /** Creates a writer of RESP2 to {@code sink}. */
  public ReplyWriter(ReplyBuffer sink) {
    this.sink = sink;
    this.out = sink;
  }

  private static long asciiWord(String text) {
    long word = 0;
    for (int i = text.length() - 1; i >= 0; i--) {
      word = word << 8 | text.charAt(i);
    }
    return word;
  }

  /** Returns the protocol version: 2 or 3. */
  public int resp() {
    return resp;
  }

  /** Sets the protocol version: 2 or 3. */
  public void setResp(int version) {
    resp = version;
  }

  /** Returns the number of the window being written; it changes when a long reply fills one. */
  public long window() {
    return sink.window;
  }

  /** Sets the buffer that the following replies go to. */
  public void setTarget(ReplyBuffer newSink) {
    sink = newSink;
    setSuppressed(suppressed);
  }

  /**
   * Returns true if the client is being closed, for example because its output exceeds the limit. A
   * reply of any length may stop then.
   */
  public boolean isInVain() {
    return out.isDiscarding();
  }

  /** Sets whether replies are discarded. */
  public void setSuppressed(boolean suppressed) {
    this.suppressed = suppressed;
    if (!suppressed) {
      out = sink;
      return;
    }
    if (discarded == null) {
      discarded = new DiscardingBuffer();
    }
    out = discarded;
  }

  // ---- lines

  /** Writes {@code +OK}. */
  public void ok() {
    shortReply(OK, 5);
  }

  /** Writes {@code +PONG}. */
  public void pong() {
    shortReply(PONG, 7);
  }

  /** Writes {@code +QUEUED}. */
  public void queued() {
    simple("QUEUED");
  }

  /** Writes a simple string, which must not contain line ends. */
  public void simple(String text) {
    line('+', text);
  }

  /**
   * Writes an error.
   *
   * @param message starts with the error's code, such as {@code ERR}; line ends become blanks,
   *     trailing ones are dropped
   */
  public void error(String message) {
    int length = message.length();
    while (length > 0
        && (message.charAt(length - 1) == '\n' || message.charAt(length - 1) == '\r')) {
      length--;
    }
    line('-', length == message.length() ? message : message.substring(0, length));
  }

  public void integer(long value) {
    numberLine(':', value);
  }

  /** Writes a null; in RESP2 a null bulk string. */
  public void nil() {
    if (resp == 2) {
      shortReply(NULL_BULK, 5);
    } else {
      shortReply(NULL, 3);
    }
  }

  /** Writes a null; in RESP2 a null array. */
  public void nilArray() {
    if (resp == 2) {
      shortReply(NULL_ARRAY, 5);
    } else {
      shortReply(NULL, 3);
    }
  }

  /** Writes a boolean; in RESP2 the integer 1 or 0. */
  public void bool(boolean value) {
    if (resp == 2) {
      integer(value ? 1 : 0);
    } else {
      shortReply(value ? TRUE : FALSE, 4);
    }
  }

  // ---- strings

  /** Writes the bytes {@code [offset, offset + length)} of {@code source} as a bulk string. */
  public void bulk(MemorySegment source, long offset, long length) {
    if (length <= MAX_UNCUT_BYTES) {
      long at = room(MAX_LINE + (int) length + 2);
      at = putHeader(out.memory, at, '$', length);
      MemorySegment.copy(source, offset, out.memory, at, length);
      at += length;
      out.memory.set(PAIR, at, END_OF_LINE);
      out.position = at + 2;
    } else {
      header('$', length);
      raw(source, offset, length);
      endLine();
    }
  }

  /**
   * Writes bytes of a block of the data as a bulk string, by reference if they are many and the
   * output can refer to them.
   *
   * @param block the start of the block
   */
  public void bulkByReference(MemorySegment source, long block, long offset, long length) {
    if (length < MIN_REFERRED_BYTES) {
      bulk(source, offset, length);
      return;
    }
    header('$', length);
    long done = 0;
    while (done < length) {
      int part = (int) Math.min(length - done, MAX_WINDOW_BYTES);
      if (!out.refer(source, block, offset + done, part)) {
        raw(source, offset + done, part);
      }
      done += part;
    }
    endLine();
  }

  /** Writes a bulk string. */
  public void bulk(byte[] bytes) {
    header('$', bytes.length);
    raw(bytes);
    endLine();
  }

  public void bulk(ByteString bytes) {
    header('$', bytes.length());
    int done = 0;
    while (done < bytes.length()) {
      int part = part(bytes.length() - done);
      bytes.copyTo(done, out.memory, out.position, part);
      out.position += part;
      done += part;
    }
    endLine();
  }

  /** Writes a text in UTF-8, possibly with escapes of {@link Utf8}, as a bulk string. */
  public void bulk(String text) {
    int length = text.length();
    if (length > MAX_UNCUT_BYTES) {
      bulk(Utf8.encode(text));
      return;
    }
    long before = room(MAX_LINE + length + 2);
    long at = putHeader(out.memory, before, '$', length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 128) {
        bulk(Utf8.encode(text));
        return;
      }
      out.memory.set(BYTE, at++, (byte) c);
    }
    out.memory.set(PAIR, at, END_OF_LINE);
    out.position = at + 2;
  }

  /** Writes an integer as a bulk string. */
  public void bulkLong(long value) {
    int length = Numbers.writeLong(scratchMemory, 0, value);
    bulkScratch(length);
  }

  /** Writes a double as a bulk string. */
  public void bulkDouble(double value) {
    int length = Doubles.write(scratchMemory, 0, value);
    bulkScratch(length);
  }

  /** Writes a stream entry id as a bulk string: two unsigned numbers separated by a dash. */
  public void bulkId(long high, long low) {
    int length = Numbers.writeUnsigned(scratchMemory, 0, high);
    scratch[length++] = '-';
    bulkScratch(length + Numbers.writeUnsigned(scratchMemory, length, low));
  }

  /** Writes a double; in RESP2 a bulk string. */
  public void doubleValue(double value) {
    if (resp == 2) {
      bulkDouble(value);
      return;
    }
    int length = Doubles.write(scratchMemory, 0, value);
    long at = room(1 + length + 2);
    out.memory.set(BYTE, at++, (byte) ',');
    MemorySegment.copy(scratch, 0, out.memory, BYTE, at, length);
    out.memory.set(PAIR, at + length, END_OF_LINE);
    out.position = at + length + 2;
  }

  /** Writes an integer of any size, given as decimal digits; in RESP2 a bulk string. */
  public void bigNumber(String digits) {
    if (resp == 2) {
      bulk(digits);
    } else {
      line('(', digits);
    }
  }

  /**
   * Writes a human-readable text with its format, {@code txt} or {@code mkd}; in RESP2 a bulk
   * string.
   */
  public void verbatim(String format, String text) {
    if (resp == 2) {
      bulk(text);
      return;
    }
    byte[] bytes = (format + ':' + text).getBytes(UTF_8);
    header('=', bytes.length);
    raw(bytes);
    endLine();
  }

  /** Writes bytes of a text as {@link #verbatim(String, String)} does. */
  public void verbatim(String format, MemorySegment source, long offset, long length) {
    if (resp == 2) {
      bulk(source, offset, length);
      return;
    }
    byte[] mark = (format + ':').getBytes(UTF_8);
    header('=', mark.length + length);
    raw(mark);
    raw(source, offset, length);
    endLine();
  }

  private void bulkScratch(int length) {
    long at = room(MAX_LINE + length + 2);
    at = putHeader(out.memory, at, '$', length);
    MemorySegment.copy(scratch, 0, out.memory, BYTE, at, length);
    out.memory.set(PAIR, at + length, END_OF_LINE);
    out.position = at + length + 2;
  }

  // ---- collections

  /** Writes the header of an array. */
  public void array(int elements) {
    header('*', elements);
  }

  /** Writes the header of a map; in RESP2 an array of twice as many elements. */
  public void map(int pairs) {
    if (resp == 2) {
      header('*', pairs * 2L);
    } else {
      header('%', pairs);
    }
  }

  /** Writes the header of a set; in RESP2 an array. */
  public void set(int elements) {
    header(resp == 2 ? '*' : '~', elements);
  }

  /** Writes the header of a push message; in RESP2 an array. */
  public void push(int elements) {
    header(resp == 2 ? '*' : '>', elements);
  }

  /** Writes the header of attributes of the next reply; RESP3 only. */
  public void attribute(int pairs) {
    if (resp == 2) {
      throw new IllegalStateException("RESP2 has no attributes");
    }
    header('|', pairs);
  }

  /** Starts an array; its length is passed to {@link #resolve} at the end. */
  public long deferArray() {
    return out.openGap() << 8 | '*';
  }

  /** Starts a map; its number of pairs is passed to {@link #resolve} at the end. */
  public long deferMap() {
    return out.openGap() << 8 | '%';
  }

  /** Starts a set; its length is passed to {@link #resolve} at the end. */
  public long deferSet() {
    return out.openGap() << 8 | (resp == 2 ? '*' : '~');
  }

  /**
   * Sets the length of a deferred collection, innermost first.
   *
   * @param mark the handle returned by the method that started it
   * @param count elements of an array or set, pairs of a map
   */
  public void resolve(long mark, int count) {
    int type = (int) (mark & 0xff);
    long elements = count;
    if (type == '%' && resp == 2) {
      type = '*';
      elements *= 2;
    }
    scratch[0] = (byte) type;
    int length = 1 + Numbers.writeLong(scratchMemory, 1, elements);
    scratch[length++] = '\r';
    scratch[length++] = '\n';
    out.closeGap(mark >> 8, scratch, length);
  }

  // ---- encoded bytes

  /** Writes the bytes {@code [offset, offset + length)} of {@code source} unchanged. */
  public void raw(MemorySegment source, long offset, long length) {
    long done = 0;
    while (done < length) {
      int part = part(length - done);
      MemorySegment.copy(source, offset + done, out.memory, out.position, part);
      out.position += part;
      done += part;
    }
  }

  public void raw(byte[] bytes) {
    int done = 0;
    while (done < bytes.length) {
      int part = part(bytes.length - done);
      MemorySegment.copy(bytes, done, out.memory, BYTE, out.position, part);
      out.position += part;
      done += part;
    }
  }

  /** Returns the length of a bulk string with its header, in bytes. */
  public static long bulkLength(long length) {
    return headerLength(length) + length + 2;
  }

  /** Returns the length of the header of an array or a bulk string, in bytes. */
  public static int headerLength(long count) {
    return 1 + Numbers.decimalLength(count) + 2;
  }

  // ---- parts of replies

  /** Ensures room for the given number of bytes and returns the position. */
  private long room(int bytes) {
    ReplyBuffer buffer = out;
    if (buffer.limit - buffer.position < bytes) {
      buffer.makeRoom(bytes);
    }
    return buffer.position;
  }

  /**
   * Returns the number of {@code bytes} that fit into the window, after making room for at least
   * one.
   */
  private int part(long bytes) {
    long room = out.limit - out.position;
    if (room == 0) {
      out.makeRoom((int) Math.min(bytes, MAX_WINDOW_BYTES));
      room = out.limit - out.position;
    }
    return (int) Math.min(bytes, room);
  }

  private void shortReply(long word, int length) {
    long at = room(Long.BYTES);
    out.memory.set(WORD, at, word);
    out.position = at + length;
  }

  private void numberLine(char type, long value) {
    long at = room(MAX_LINE);
    out.position = putHeader(out.memory, at, type, value);
  }

  private void header(char type, long number) {
    numberLine(type, number);
  }

  /** Writes a line of a type and a number and returns its end. */
  private static long putHeader(MemorySegment memory, long at, char type, long number) {
    if (number >= 0 && number < 10) {
      memory.set(HALF_WORD, at, type | (int) ('0' + number) << 8 | '\r' << 16 | '\n' << 24);
      return at + 4;
    }
    if (number >= 10 && number < 100) {
      long tens = number / 10;
      long digits = '0' + tens | ('0' + number - tens * 10) << 8;
      memory.set(WORD, at, type | digits << 8 | (long) END_OF_LINE << 24);
      return at + 5;
    }
    memory.set(BYTE, at, (byte) type);
    long end = at + 1;
    if (number >= FIVE_DIGITS && number < NINE_DIGITS) {
      long word = Numbers.decimalWord(number);
      memory.set(WORD, end, word);
      end += Long.BYTES - Long.numberOfLeadingZeros(word) / Byte.SIZE;
    } else {
      end += Numbers.writeLong(memory, end, number);
    }
    memory.set(PAIR, end, END_OF_LINE);
    return end + 2;
  }

  private void endLine() {
    long at = room(2);
    out.memory.set(PAIR, at, END_OF_LINE);
    out.position = at + 2;
  }

  private void line(char type, String text) {
    int length = text.length();
    if (length <= MAX_UNCUT_BYTES) {
      long at = room(length + 3);
      out.memory.set(BYTE, at++, (byte) type);
      int i = 0;
      for (; i < length; i++) {
        char c = text.charAt(i);
        if (c >= 128) {
          break;
        }
        out.memory.set(BYTE, at++, (byte) (c == '\r' || c == '\n' ? ' ' : c));
      }
      if (i == length) {
        out.memory.set(PAIR, at, END_OF_LINE);
        out.position = at + 2;
        return;
      }
    }
    raw(Utf8.encode(type + text.replace('\r', ' ').replace('\n', ' ') + "\r\n"));
  }

  /** Discards replies by reusing one small window. */
  private static final class DiscardingBuffer extends ReplyBuffer {

    private static final int WINDOW_BYTES = MAX_UNCUT_BYTES + 64;

    @Override
    protected void makeRoom(int atLeastBytes) {
      if (memory.byteSize() == 0) {
        memory = Arena.ofAuto().allocate(WINDOW_BYTES);
        limit = WINDOW_BYTES;
      }
      position = 0;
      window++;
    }

    @Override
    protected void fillEarlierGap(
        long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {}
  }
}
