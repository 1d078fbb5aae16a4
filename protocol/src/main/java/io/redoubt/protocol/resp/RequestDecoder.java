package io.redoubt.protocol.resp;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the requests of a client, which are arrays of bulk strings or inline requests. Decoding
 * can stop and resume at any byte. One instance per connection.
 *
 * <p>Wire format: {@code *<count>\r\n}, then {@code $<length>\r\n<bytes>\r\n} for each argument.
 * Anything that does not start with {@code *} is an inline request, a line that ends with {@code
 * \n}. A zero byte hides a later end of the line, because Redis searches lines as C strings. As in
 * Redis, the two bytes after an argument and the byte after a {@code \r} are skipped unchecked.
 */
public final class RequestDecoder {

  /** The request that starts at {@code from} is incomplete. */
  public static final long NEED_MORE = -1;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final int NO_COUNT_YET = -1;
  private static final long NO_LENGTH_YET = -1;

  /** The maximum representable length of an argument, independent of the limits. */
  private static final long MAX_LENGTH = Integer.MAX_VALUE - 64;

  private final Limits limits;
  private final BufferMemory buffers;
  private boolean authenticated = true;
  private boolean fromMaster;

  /** The number of arguments missing from an incomplete request. */
  private int remaining = NO_COUNT_YET;

  /** The length of the next argument if its header has been read. */
  private long bulkLength = NO_LENGTH_YET;

  /** The offset at which decoding resumes, relative to the start of the request. */
  private long progress;

  private long missingBytes = 1;
  private @Nullable Request partial;

  /** The requests found in advance, if any, and the place of the next one. */
  private @Nullable RequestIndex index;

  private int place;

  /** The end of the line that {@link #readNumber} has read. */
  private long afterLine;

  /**
   * Creates a decoder at the start of a request.
   *
   * @param limits the size limits of requests
   * @param buffers allocates memory for inline requests with quotes and for the index of requests
   *     of many arguments
   */
  public RequestDecoder(Limits limits, BufferMemory buffers) {
    this.limits = limits;
    this.buffers = buffers;
  }

  /** Lifts the limits that hold before authentication, or restores them. */
  public void setAuthenticated(boolean authenticated) {
    this.authenticated = authenticated;
  }

  /** Lifts the limit on arguments if the bytes come from this server's master. */
  public void setFromMaster(boolean fromMaster) {
    this.fromMaster = fromMaster;
  }

  /**
   * Returns a lower bound of the missing bytes after {@link #NEED_MORE}: the rest of an argument
   * whose header has arrived.
   */
  public long missingBytes() {
    return missingBytes;
  }

  /** Returns true if part of a request has been decoded. */
  public boolean isInsideRequest() {
    return remaining != NO_COUNT_YET;
  }

  /** Returns the length of the decoded part of an incomplete request, in bytes. */
  public long decodedBytes() {
    return isInsideRequest() ? progress : 0;
  }

  /** Returns the length of the complete arguments of an incomplete request, in bytes. */
  public long argumentBytes() {
    Request kept = partial;
    return kept == null || !isInsideRequest() ? 0 : kept.argumentBytes();
  }

  /** Returns the memory that the index of an incomplete request takes, in bytes. */
  public long indexBytes() {
    Request kept = partial;
    return kept == null ? 0 : kept.indexBytes();
  }

  /** Discards a partly decoded request and frees its memory. */
  public void reset() {
    remaining = NO_COUNT_YET;
    bulkLength = NO_LENGTH_YET;
    progress = 0;
    missingBytes = 1;
    index = null;
    if (partial != null) {
      partial.release();
      partial = null;
    }
  }

  /**
   * Takes requests from an index of the bytes that are decoded next, as long as it has the request
   * that is to be decoded; null ends that, and must be set before the bytes or the index change.
   */
  public void follow(@Nullable RequestIndex found) {
    index = limits.maxBulkBytes() < Limits.MAX_UNAUTHENTICATED_BULK_BYTES ? null : found;
    if (found != null) {
      place = found.selected();
    }
  }

  /**
   * Decodes the request that starts at {@code from}. After {@link #NEED_MORE} the caller decodes
   * the same request again when more bytes have arrived; the bytes may have moved, and {@code into}
   * may be another object.
   *
   * @return the start of the next request, or {@link #NEED_MORE}; if {@code into.count() == 0}, the
   *     bytes up to there are an empty request to skip
   * @throws ProtocolException if the bytes are not a request, with Redis' message
   */
  public long decode(MemorySegment memory, long from, long to, Request into)
      throws ProtocolException {
    long at;
    into.setSource(buffers);
    if (remaining == NO_COUNT_YET) {
      if (index != null && progress == 0) {
        at = index.get(place, from, into);
        if (at != NEED_MORE) {
          place += into.count() + 1;
          return at;
        }
        index = null;
      }
      if (from >= to) {
        missingBytes = 1;
        return NEED_MORE;
      }
      if (memory.get(BYTE, from) != '*') {
        return decodeInline(memory, from, to, into);
      }
      into.reset(memory, from, false);
      long count = readNumber(memory, from, to, true);
      if (count == NEED_MORE) {
        return NEED_MORE;
      }
      at = afterLine;
      if (count <= 0) {
        into.setEnd(at);
        return at;
      }
      remaining = (int) count;
    } else {
      at = from + progress;
      Request before = partial;
      if (before != null) {
        into.resume(before, memory, from);
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
    into.setEnd(at);
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
    into.moveTo(kept);
    return NEED_MORE;
  }

  /**
   * Reads the line at {@code at}, a type byte and a number. Returns the number and sets {@link
   * #afterLine}, or returns {@link #NEED_MORE}. A count that is not positive becomes 0.
   */
  private long readNumber(MemorySegment memory, long at, long to, boolean isCount)
      throws ProtocolException {
    long line = HeaderLine.read(memory, at, to, isCount ? '*' : '$');
    if (line == HeaderLine.UNUSUAL) {
      return readNumberSlowly(memory, at, to, isCount);
    }
    afterLine = at + HeaderLine.length(line);
    long value = HeaderLine.number(line);
    checkNumber(value, isCount);
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
    while (end < to && memory.get(BYTE, end) != '\r' && memory.get(BYTE, end) != 0) {
      end++;
    }
    boolean endless = end == to || memory.get(BYTE, end) == 0;
    if (endless || end == to - 1) { // the byte after it is needed, too
      if (endless && to - at > Limits.MAX_LINE_BYTES) {
        throw new ProtocolException(
            isCount
                ? "Protocol error: too big mbulk count string"
                : "Protocol error: too big bulk count string");
      }
      missingBytes = 1;
      return NEED_MORE;
    }
    byte mark = memory.get(BYTE, at);
    if (!isCount && mark != '$') {
      String got = Utf8.decode(new byte[] {mark}); // any byte survives
      throw new ProtocolException("Protocol error: expected '$', got '" + got + "'");
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
    while (end < to && memory.get(BYTE, end) != '\n' && memory.get(BYTE, end) != 0) {
      end++;
    }
    if (end == to || memory.get(BYTE, end) == 0) {
      if (to - from > Limits.MAX_LINE_BYTES) {
        throw new ProtocolException("Protocol error: too big inline request");
      }
      progress = end - from;
      missingBytes = 1;
      return NEED_MORE;
    }
    progress = 0;
    into.reset(memory, from, true);
    into.setEnd(end + 1);
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
      while (at < end && !Ascii.endsWord(memory.get(BYTE, at))) {
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
    BufferMemory.Block room = into.unquotedBlock(buffers, line.length);
    long at = room.offset();
    for (byte[] word : words) {
      MemorySegment.copy(word, 0, room.memory(), BYTE, at, word.length);
      into.add(at, word.length);
      at += word.length;
    }
  }
}
