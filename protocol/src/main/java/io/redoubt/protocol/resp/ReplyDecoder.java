package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a byte stream into RESP2 and RESP3 replies. Input may be split anywhere; each byte is
 * examined a bounded number of times. Attributes are read and dropped.
 */
public final class ReplyDecoder {

  private static final Reply NULL = new Reply.Null();
  private static final int INITIAL_BYTES = 512;

  /** The limit of a line that holds a length, number or boolean. */
  private static final int MAX_LINE_BYTES = 64 * 1024;

  /** The limit of a simple string or error, which a script makes of any text. */
  private static final int MAX_TEXT_BYTES = 512 * 1024 * 1024;

  /** A script may reply with tables nested 200 deep. */
  private static final int MAX_DEPTH = 1024;

  private static final int MAX_RESERVED_ELEMENTS = 1024;

  /** The limit of a reply that is a status or an error. */
  private static final long MAX_STATUS_BYTES = 128 << 10;

  /** A generous estimate of the memory of an element in addition to its bytes. */
  private static final int ELEMENT_BYTES = 64;

  /** A collection whose elements are being read. */
  private static final class Open {
    final int type;
    final int count;
    final List<Reply> elements;

    Open(int type, int count) {
      this.type = type;
      this.count = count;
      this.elements = new ArrayList<>(Math.min(count, MAX_RESERVED_ELEMENTS));
    }
  }

  private final long maxReplyBytes;
  private final long maxStringBytes;
  private byte[] buffer = new byte[INITIAL_BYTES];
  private int start;
  private int end;
  private int searched; // bytes from start known to contain no line end
  private long skipped; // bytes to come of a string that was cut
  private boolean skipsNewlines;
  private long held; // bytes of the elements of open collections
  private final Deque<Open> open = new ArrayDeque<>();

  /** Creates a decoder at the start of a reply, for a server that may send as much as it likes. */
  public ReplyDecoder() {
    this(Long.MAX_VALUE);
  }

  /**
   * Creates a decoder at the start of a reply, for a server that is not trusted with the heap.
   *
   * @param maxReplyBytes the limit of a reply; a string is cut at half of it, any other excess is a
   *     protocol error
   */
  public ReplyDecoder(long maxReplyBytes) {
    this.maxReplyBytes = maxReplyBytes;
    this.maxStringBytes = maxReplyBytes / 2;
  }

  /** Creates a decoder for a server that is not trusted and answers by a status or an error. */
  public static ReplyDecoder ofStatuses() {
    return new ReplyDecoder(MAX_STATUS_BYTES);
  }

  /** Skips newlines in front of replies, which a server sends as signs of life. */
  public ReplyDecoder skippingNewlines() {
    skipsNewlines = true;
    return this;
  }

  /** Appends received bytes. */
  public void feed(byte[] bytes) {
    feed(bytes, 0, bytes.length);
  }

  /** Appends {@code length} received bytes, starting at {@code offset}. */
  public void feed(byte[] bytes, int offset, int length) {
    makeRoom(length);
    System.arraycopy(bytes, offset, buffer, end, length);
    end += length;
  }

  /** Appends the bytes {@code [from, to)} of {@code memory}. */
  public void feed(MemorySegment memory, long from, long to) {
    int length = Math.toIntExact(to - from);
    makeRoom(length);
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, from, buffer, end, length);
    end += length;
  }

  /** Returns the bytes that belong neither to a returned reply nor to a partly decoded one. */
  public byte[] rest() {
    return Arrays.copyOfRange(buffer, start, end);
  }

  /** Discards the bytes of {@link #rest()}, which another reader takes over. */
  public void discardRest() {
    start = end;
    searched = 0;
  }

  private void makeRoom(int bytes) {
    if (start == end) {
      start = 0;
      end = 0;
    }
    if (buffer.length - end >= bytes) {
      return;
    }
    int used = end - start;
    byte[] target =
        used + bytes <= buffer.length / 2
            ? buffer
            : new byte[Math.max(Math.addExact(used, bytes), Math.min(buffer.length, 1 << 29) * 2)];
    System.arraycopy(buffer, start, target, 0, used);
    buffer = target;
    start = 0;
    end = used;
  }

  /**
   * Returns the next complete reply, or null if more bytes are needed.
   *
   * @throws ProtocolException if the bytes are not a reply
   */
  public @Nullable Reply next() throws ProtocolException {
    while (true) {
      if (!skip()) {
        return null;
      }
      if (skipsNewlines && open.isEmpty()) {
        skipNewlines();
      }
      int line = findLine();
      if (line < 0) {
        return null;
      }
      if (line == start) {
        throw new ProtocolException("Protocol error: empty line in place of a reply");
      }
      int type = buffer[start];
      int began = start;
      Reply reply;
      switch (type) {
        case '*', '~', '>', '%', '|' -> reply = openCollection(type, line);
        case '$', '=' -> {
          int length = length(line);
          int from = line + 2;
          int kept = (int) Math.min(length, maxStringBytes);
          long needed = kept < length ? kept : length + 2L;
          if (length >= 0 && needed > end - from) {
            return null;
          }
          start = length < 0 ? from : Math.toIntExact(from + needed);
          skipped = length < 0 ? 0 : length + 2L - needed;
          reply = length < 0 ? NULL : string(type, Arrays.copyOfRange(buffer, from, from + kept));
        }
        default -> {
          reply = scalar(type, line);
          start = line + 2;
        }
      }
      hold(start - began);
      searched = 0;
      Reply whole = reply == null ? null : close(reply);
      if (whole != null) {
        held = 0;
        return whole;
      }
    }
  }

  private void hold(int bytes) throws ProtocolException {
    held += bytes + ELEMENT_BYTES;
    if (held > maxReplyBytes) {
      throw new ProtocolException("Protocol error: too large a reply");
    }
  }

  /** Skips the rest of a truncated string; returns false if it has not arrived completely. */
  private boolean skip() {
    int step = (int) Math.min(skipped, end - start);
    start += step;
    skipped -= step;
    return skipped == 0;
  }

  private void skipNewlines() {
    while (start < end && buffer[start] == '\n') {
      start++;
      searched = 0;
    }
  }

  /** Returns the end of the line at {@link #start}, or -1. */
  private int findLine() throws ProtocolException {
    int at = start + searched;
    while (at < end - 1) {
      if (buffer[at] == '\r' && buffer[at + 1] == '\n') {
        searched = at - start;
        return at;
      }
      at++;
    }
    searched = Math.max(0, end - 1 - start);
    if (searched > MAX_LINE_BYTES && searched > maxLineBytes()) {
      throw new ProtocolException("Protocol error: too long a line in a reply");
    }
    return -1;
  }

  private long maxLineBytes() {
    return buffer[start] == '+' || buffer[start] == '-'
        ? Math.min(MAX_TEXT_BYTES, maxStringBytes)
        : MAX_LINE_BYTES;
  }

  private String lineText(int line) {
    return new String(buffer, start + 1, line - start - 1, UTF_8);
  }

  /** Returns the length or count of the line; -1 for a null. */
  private int length(int line) throws ProtocolException {
    long length = Numbers.parseLong(lineText(line), Long.MIN_VALUE);
    if (length < -1 || length > Integer.MAX_VALUE - 64) {
      throw new ProtocolException("Protocol error: invalid length in a reply");
    }
    return (int) length;
  }

  /** Starts a collection and returns null; a null collection is complete and returned at once. */
  private @Nullable Reply openCollection(int type, int line) throws ProtocolException {
    int count = length(line);
    start = line + 2;
    if (count < 0) {
      return NULL;
    }
    boolean pairs = type == '%' || type == '|';
    if (open.size() == MAX_DEPTH || (pairs && count > Integer.MAX_VALUE / 2)) {
      throw new ProtocolException("Protocol error: too large a collection in a reply");
    }
    open.push(new Open(type, pairs ? count * 2 : count));
    return closeIfFull();
  }

  /**
   * Adds a complete reply to the collection that contains it; returns the reply completed by it, or
   * null.
   */
  private @Nullable Reply close(Reply reply) {
    Open inner = open.peek();
    if (inner == null) {
      return reply;
    }
    inner.elements.add(reply);
    Reply whole = closeIfFull();
    return whole == null ? null : close(whole);
  }

  private @Nullable Reply closeIfFull() {
    Open inner = open.element();
    if (inner.elements.size() < inner.count) {
      return null;
    }
    open.pop();
    List<Reply> elements = inner.elements;
    return switch (inner.type) {
      case '*' -> new Reply.Array(List.copyOf(elements));
      case '~' -> new Reply.Set(List.copyOf(elements));
      case '>' -> new Reply.Push(List.copyOf(elements));
      case '%' -> {
        List<Reply> keys = new ArrayList<>(elements.size() / 2);
        List<Reply> values = new ArrayList<>(elements.size() / 2);
        for (int i = 0; i < elements.size(); i += 2) {
          keys.add(elements.get(i));
          values.add(elements.get(i + 1));
        }
        yield new Reply.Map(List.copyOf(keys), List.copyOf(values));
      }
      default -> null; // attributes
    };
  }

  private Reply scalar(int type, int line) throws ProtocolException {
    String text = lineText(line);
    return switch (type) {
      case '+' -> new Reply.Simple(text);
      case '-' -> new Reply.Error(text);
      case ':' -> integer(text);
      case '_' -> NULL;
      case '#' -> bool(text);
      case ',' -> new Reply.Double(number(text));
      case '(' -> new Reply.BigNumber(text);
      default ->
          throw new ProtocolException(
              "Protocol error: unknown type of reply '" + (char) type + "'");
    };
  }

  private static Reply integer(String text) throws ProtocolException {
    long value = Numbers.parseLong(text, 0);
    if (value == 0 && Numbers.parseLong(text, 1) != 0) {
      throw new ProtocolException("Protocol error: invalid integer in a reply");
    }
    return new Reply.Integer(value);
  }

  private static Reply bool(String text) throws ProtocolException {
    return switch (text) {
      case "t" -> new Reply.Bool(true);
      case "f" -> new Reply.Bool(false);
      default -> throw new ProtocolException("Protocol error: invalid boolean in a reply");
    };
  }

  private static double number(String text) throws ProtocolException {
    double value = Doubles.parseOrNaN(text);
    if (Double.isNaN(value) && !text.endsWith("nan")) {
      throw new ProtocolException("Protocol error: invalid double in a reply");
    }
    return value;
  }

  private static Reply string(int type, byte[] bytes) throws ProtocolException {
    if (type == '$') {
      return new Reply.Bulk(bytes);
    }
    if (bytes.length < 4 || bytes[3] != ':') {
      throw new ProtocolException("Protocol error: invalid verbatim string in a reply");
    }
    return new Reply.Verbatim(
        new String(bytes, 0, 3, UTF_8), new String(bytes, 4, bytes.length - 4, UTF_8));
  }
}
