package io.redoubt.protocol.resp;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.bytes.Quoting;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the requests in what a client has sent: arrays of bulk strings and plain lines. It can stop
 * and go on at any byte. One a connection.
 *
 * <p>Wire format: {@code *<count>\r\n} and then {@code $<length>\r\n<bytes>\r\n} for each argument;
 * anything that doesn't begin with a {@code *} is a line of words that ends with {@code \n}. As in
 * Redis the two bytes after an argument and the byte after a {@code \r} are skipped unseen.
 */
public final class RequestDecoder {

  /** More bytes are needed for the request that begins at {@code from}. */
  public static final long NEED_MORE = -1;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long RETURNS = ONES * '\r';

  private static final int NO_COUNT_YET = -1;
  private static final long NO_LENGTH_YET = -1;

  /** The longest argument that can be told, whatever the limit says. */
  private static final long MAX_LENGTH = Integer.MAX_VALUE - 64;

  private final Limits limits;
  private final BufferMemory memoryForInline;
  private boolean authenticated = true;
  private boolean fromMaster;

  /** Arguments still to come of a request that isn't whole yet. */
  private int remaining = NO_COUNT_YET;

  /** Bytes of the argument to come next, when its header has been read. */
  private long bulkLength = NO_LENGTH_YET;

  /** Where to go on, counted from the first byte of the request. */
  private long progress;

  private long missingBytes = 1;
  private @Nullable Request partial;

  /** Where the line whose number {@link #readNumber} has returned ends. */
  private long afterLine;

  /**
   * A decoder at the beginning of a request.
   *
   * @param limits how large a request may be
   * @param memoryForInline where lines with quotes are unquoted to
   */
  public RequestDecoder(Limits limits, BufferMemory memoryForInline) {
    this.limits = limits;
    this.memoryForInline = memoryForInline;
  }

  /** Whether the client may send requests of any size; before it has authenticated it may not. */
  public void authenticated(boolean authenticated) {
    this.authenticated = authenticated;
  }

  /** Whether the bytes come from this server's master, whose arguments have no limit. */
  public void fromMaster(boolean fromMaster) {
    this.fromMaster = fromMaster;
  }

  /**
   * A lower bound of the bytes that are missing, after {@link #NEED_MORE}: for an argument whose
   * header has come, the rest of that argument.
   */
  public long missingBytes() {
    return missingBytes;
  }

  /** Whether part of a request has been decoded, so that its rest is waited for. */
  public boolean isInsideRequest() {
    return remaining != NO_COUNT_YET;
  }

  /** Forgets a request that isn't whole. */
  public void reset() {
    remaining = NO_COUNT_YET;
    bulkLength = NO_LENGTH_YET;
    progress = 0;
    missingBytes = 1;
    partial = null;
  }

  /**
   * Decodes the request that begins at {@code from}. After {@link #NEED_MORE} the same request is
   * asked for again when more bytes have come; they may have moved, and {@code into} may be another
   * object.
   *
   * @return where the next request begins, or {@link #NEED_MORE}; with {@code into.count() == 0}
   *     the bytes up to there are an empty request, to be skipped
   * @throws ProtocolException when the bytes are no request; its message is Redis' own
   */
  public long decode(MemorySegment memory, long from, long to, Request into)
      throws ProtocolException {
    long at;
    if (remaining == NO_COUNT_YET) {
      if (from >= to) {
        missingBytes = 1;
        return NEED_MORE;
      }
      if (memory.get(BYTE, from) != '*') {
        return decodeInline(memory, from, to, into);
      }
      into.begin(memory, from, false);
      long count = readNumber(memory, from, to, true);
      if (count == NEED_MORE) {
        return NEED_MORE;
      }
      at = afterLine;
      if (count <= 0) {
        into.end(at);
        return at;
      }
      remaining = (int) count;
    } else {
      at = from + progress;
      Request before = partial;
      if (before != null) {
        into.takeOver(before, memory, from);
      }
    }
    return decodeArguments(memory, from, at, to, into);
  }

  private long decodeArguments(MemorySegment memory, long from, long start, long to, Request into)
      throws ProtocolException {
    long at = start;
    long length = bulkLength;
    int left = remaining;
    bulkLength = NO_LENGTH_YET;
    while (left > 0) {
      if (length == NO_LENGTH_YET) {
        length = readNumber(memory, at, to, false);
        if (length == NEED_MORE) {
          return pause(from, at, left, into);
        }
        at = afterLine;
      }
      if (to - at < length + 2) {
        bulkLength = length;
        missingBytes = length + 2 - (to - at);
        return pause(from, at, left, into);
      }
      into.add(at, (int) length);
      at += length + 2;
      length = NO_LENGTH_YET;
      left--;
    }
    remaining = NO_COUNT_YET;
    progress = 0;
    into.end(at);
    return at;
  }

  private long pause(long from, long at, int left, Request into) {
    remaining = left;
    progress = at - from;
    Request kept = partial;
    if (kept == null) {
      kept = new Request();
      partial = kept;
    }
    into.leaveTo(kept);
    return NEED_MORE;
  }

  /**
   * Reads the line at {@code at}: a mark and a number. Returns the number, with {@link #afterLine}
   * set, or {@link #NEED_MORE}. A count that isn't positive becomes 0.
   */
  private long readNumber(MemorySegment memory, long at, long to, boolean isCount)
      throws ProtocolException {
    if (to - at >= Long.BYTES) {
      long word = memory.get(WORD, at);
      long difference = word ^ RETURNS;
      long returns = (difference - ONES) & ~difference & HIGH_BITS;
      int length = Long.numberOfTrailingZeros(returns) >>> 3; // the mark and the digits
      if (length >= 2 && length <= 7 && at + length + 2 <= to) {
        long value = smallNumber(word, length);
        if (value >= 0 && (byte) word == (isCount ? '*' : '$')) {
          afterLine = at + length + 2;
          checkNumber(value, isCount);
          return value;
        }
      }
    }
    return readNumberSlowly(memory, at, to, isCount);
  }

  /** The number in bytes 1 to {@code length - 1} of the word, or -1 when it isn't a plain one. */
  private static long smallNumber(long word, int length) {
    long rest = word >>> 8;
    long value = (rest & 0xff) - '0';
    if (value < 0 || value > 9 || (value == 0 && length > 2)) {
      return -1;
    }
    for (int i = 2; i < length; i++) {
      rest >>>= 8;
      long digit = (rest & 0xff) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private void checkNumber(long value, boolean isCount) throws ProtocolException {
    if (isCount) {
      if (value > Integer.MAX_VALUE) {
        throw new ProtocolException("Protocol error: invalid multibulk length");
      }
      if (!authenticated && value > Limits.MAX_UNAUTHENTICATED_COUNT) {
        throw new ProtocolException("Protocol error: unauthenticated multibulk length");
      }
    } else {
      if (value > MAX_LENGTH || (value > limits.maxBulkBytes() && !fromMaster)) {
        throw new ProtocolException("Protocol error: invalid bulk length");
      }
      if (!authenticated && value > Limits.MAX_UNAUTHENTICATED_BULK_BYTES) {
        throw new ProtocolException("Protocol error: unauthenticated bulk length");
      }
    }
  }

  private long readNumberSlowly(MemorySegment memory, long at, long to, boolean isCount)
      throws ProtocolException {
    long end = at;
    while (end < to && memory.get(BYTE, end) != '\r') {
      end++;
    }
    if (end >= to - 1) { // the byte after it must have come too
      if (end == to && to - at > Limits.MAX_LINE_BYTES) {
        throw new ProtocolException(
            isCount
                ? "Protocol error: too big mbulk count string"
                : "Protocol error: too big bulk count string");
      }
      missingBytes = 1;
      return NEED_MORE;
    }
    int mark = memory.get(BYTE, at) & 0xff;
    if (!isCount && mark != '$') {
      throw new ProtocolException("Protocol error: expected '$', got '" + (char) mark + "'");
    }
    long digits = end - at - 1;
    long value =
        digits > Numbers.MAX_LONG_LENGTH
            ? Long.MAX_VALUE
            : Numbers.parseLong(memory, at + 1, (int) digits, Long.MAX_VALUE);
    if (value < 0) {
      value = isCount ? 0 : Long.MAX_VALUE;
    }
    checkNumber(value, isCount);
    afterLine = end + 2;
    return value;
  }

  private long decodeInline(MemorySegment memory, long from, long to, Request into)
      throws ProtocolException {
    long end = from + progress;
    while (end < to && memory.get(BYTE, end) != '\n') {
      end++;
    }
    if (end == to) {
      if (to - from > Limits.MAX_LINE_BYTES) {
        throw new ProtocolException("Protocol error: too big inline request");
      }
      progress = to - from;
      missingBytes = 1;
      return NEED_MORE;
    }
    progress = 0;
    into.begin(memory, from, true);
    into.end(end + 1);
    long lineEnd = end > from && memory.get(BYTE, end - 1) == '\r' ? end - 1 : end;
    splitLine(memory, from, lineEnd, into);
    return end + 1;
  }

  private void splitLine(MemorySegment memory, long from, long end, Request into)
      throws ProtocolException {
    long at = from;
    while (at < end) {
      int b = memory.get(BYTE, at);
      if (Ascii.isSpace(b)) {
        at++;
        continue;
      }
      long wordStart = at;
      while (at < end && !Ascii.isSpace(memory.get(BYTE, at))) {
        b = memory.get(BYTE, at++);
        if (b == '"' || b == '\'') {
          splitQuoted(memory, from, end, into);
          return;
        }
      }
      into.add(wordStart, (int) (at - wordStart));
    }
  }

  private void splitQuoted(MemorySegment memory, long from, long end, Request into)
      throws ProtocolException {
    byte[] line = new byte[(int) (end - from)];
    MemorySegment.copy(memory, BYTE, from, line, 0, line.length);
    List<byte[]> words = Quoting.split(line);
    if (words == null) {
      throw new ProtocolException("Protocol error: unbalanced quotes in request");
    }
    BufferMemory.Block room = into.unquoted(memoryForInline, line.length);
    long at = room.offset();
    for (byte[] word : words) {
      MemorySegment.copy(word, 0, room.memory(), BYTE, at, word.length);
      into.add(at, word.length);
      at += word.length;
    }
  }
}
