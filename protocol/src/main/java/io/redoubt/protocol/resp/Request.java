package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Utf8;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A request: offsets and lengths of its arguments within one segment. Filled by a {@link
 * RequestDecoder} without copying; valid until the buffer that it was decoded from is reused.
 */
public final class Request {

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int USUAL_COUNT = 8;

  /** Capacity for more arguments than this is not kept for the next request. */
  private static final int MAX_KEPT_COUNT = 4096;

  private MemorySegment memory = MemorySegment.NULL;
  private long[] offsets = new long[USUAL_COUNT];
  private int[] lengths = new int[USUAL_COUNT];
  private int count;
  private long start;
  private long end;
  private boolean inline;
  private BufferMemory.@Nullable Block unquotedBlock;

  /** Creates an empty request. */
  public Request() {}

  /** Creates a request of arguments in UTF-8, in off-heap memory of its own. */
  public static Request of(String... words) {
    byte[][] arguments = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].getBytes(UTF_8);
    }
    return of(arguments);
  }

  /** Creates a request of arguments, in off-heap memory of its own; it has no wire form. */
  public static Request of(byte[]... arguments) {
    long bytes = 0;
    for (byte[] argument : arguments) {
      bytes += argument.length;
    }
    return of(Arena.ofAuto().allocate(Math.max(bytes, 1)), 0, arguments);
  }

  /** Creates a request of arguments copied to {@code memory}, starting at {@code offset}. */
  public static Request of(MemorySegment memory, long offset, byte[]... arguments) {
    Request request = new Request();
    request.reset(memory, offset, false);
    long at = offset;
    for (byte[] argument : arguments) {
      MemorySegment.copy(argument, 0, memory, BYTE, at, argument.length);
      request.add(at, argument.length);
      at += argument.length;
    }
    request.end(at);
    return request;
  }

  /**
   * Clears this request so that arguments can be {@linkplain #argument added} one by one. Like an
   * inline request it has no RESP form in memory.
   */
  public void compose(MemorySegment arguments) {
    reset(arguments, 0, true);
  }

  /** Adds an argument to a {@linkplain #compose composed} request. */
  public void argument(long offset, int length) {
    add(offset, length);
  }

  /** Returns the total length of the arguments, in bytes. */
  public long argumentBytes() {
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += lengths[i];
    }
    return bytes;
  }

  /** Returns the Java heap that the offsets and lengths of arguments take, in bytes. */
  public long heapBytes() {
    return (long) offsets.length * (Long.BYTES + Integer.BYTES);
  }

  /**
   * Copies the arguments to {@code target}, which has room for {@link #argumentBytes()} at {@code
   * targetOffset}, and returns a request of them: a blocked client keeps it. It has no RESP form
   * and counts as inline.
   */
  public Request copyTo(MemorySegment target, long targetOffset) {
    Request copy = new Request();
    copy.reset(target, targetOffset, true);
    long at = targetOffset;
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(memory, offsets[i], target, at, lengths[i]);
      copy.add(at, lengths[i]);
      at += lengths[i];
    }
    copy.end(at);
    return copy;
  }

  /** Replaces argument {@code i} by other bytes of {@link #memory()}. */
  public void replace(int i, long offset, int length) {
    offsets[i] = offset;
    lengths[i] = length;
  }

  /** Drops the first arguments; what is left has no form on the wire. */
  public void dropFirst(int dropped) {
    count -= dropped;
    System.arraycopy(offsets, dropped, offsets, 0, count);
    System.arraycopy(lengths, dropped, lengths, 0, count);
    inline = true;
  }

  /** Returns the segment that contains the arguments. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns the number of arguments including the command's name; 0 for an empty request. */
  public int count() {
    return count;
  }

  /** Returns the offset of argument {@code i} within {@link #memory()}. */
  public long offset(int i) {
    return offsets[i];
  }

  /** Returns the length of argument {@code i} in bytes. */
  public int length(int i) {
    return lengths[i];
  }

  /** Returns the start of the request in the buffer that it was decoded from. */
  public long start() {
    return start;
  }

  /** Returns the start of the next request in the buffer that this one was decoded from. */
  public long end() {
    return end;
  }

  /** Returns true if the request has no RESP form in memory: it arrived as an inline request. */
  public boolean isInline() {
    return inline;
  }

  /** Returns a copy of argument {@code i}. */
  public byte[] bytes(int i) {
    return firstBytes(i, lengths[i]);
  }

  /** Returns a copy of at most the first {@code limit} bytes of argument {@code i}. */
  public byte[] firstBytes(int i, int limit) {
    byte[] bytes = new byte[Math.min(lengths[i], limit)];
    MemorySegment.copy(memory, BYTE, offsets[i], bytes, 0, bytes.length);
    return bytes;
  }

  /** Returns argument {@code i} decoded as UTF-8. */
  public String text(int i) {
    return Utf8.decode(bytes(i));
  }

  /** Returns a copy of argument {@code i}. */
  public ByteString string(int i) {
    return ByteString.copyOf(memory, offsets[i], lengths[i]);
  }

  /** Returns true if argument {@code i} is this ASCII text, in any case. */
  public boolean is(int i, String word) {
    int length = lengths[i];
    if (length != word.length()) {
      return false;
    }
    long offset = offsets[i];
    for (int k = 0; k < length; k++) {
      if (Ascii.lower(memory.get(BYTE, offset + k)) != Ascii.lower(word.charAt(k))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the first eight bytes of argument {@code i} in lower case as a word, the first byte
   * lowest, padded with zeros; names are looked up by it.
   */
  public long word(int i) {
    return word(memory, offsets[i], lengths[i]);
  }

  /** Returns the {@link #word(int)} of the bytes {@code [offset, offset + length)}. */
  public static long word(MemorySegment memory, long offset, int length) {
    if (length >= Long.BYTES) {
      return Ascii.lowerWord(memory.get(WORD, offset));
    }
    if (offset + Long.BYTES <= memory.byteSize()) {
      long mask = (1L << (length << 3)) - 1;
      return Ascii.lowerWord(memory.get(WORD, offset) & mask);
    }
    long word = 0;
    for (int k = length - 1; k >= 0; k--) {
      word = word << 8 | (memory.get(BYTE, offset + k) & 0xff);
    }
    return Ascii.lowerWord(word);
  }

  /** Returns the {@link #word(int)} of an argument with this text. */
  public static long word(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return word(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  /** Clears the arguments and sets the start of the request. */
  void reset(MemorySegment memory, long start, boolean inline) {
    this.memory = memory;
    this.start = start;
    this.end = start;
    this.inline = inline;
    count = 0;
    if (offsets.length > MAX_KEPT_COUNT) {
      offsets = new long[USUAL_COUNT];
      lengths = new int[USUAL_COUNT];
    }
  }

  void end(long end) {
    this.end = end;
  }

  void add(long offset, int length) {
    if (count == offsets.length) {
      offsets = Arrays.copyOf(offsets, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
    }
    offsets[count] = offset;
    lengths[count++] = length;
  }

  /** Continues a partly decoded request that another object holds; its buffer may have moved. */
  void resume(Request partial, MemorySegment memory, long start) {
    long moved = start - partial.start;
    exchangeArguments(partial);
    if (moved != 0) {
      for (int i = 0; i < count; i++) {
        offsets[i] += moved;
      }
    }
    this.memory = memory;
    this.start = start;
    this.end = start;
    this.inline = false;
  }

  /** Moves the arguments decoded so far to {@code partial}. */
  void moveTo(Request partial) {
    partial.start = start;
    partial.exchangeArguments(this);
    count = 0;
  }

  private void exchangeArguments(Request other) {
    long[] otherOffsets = other.offsets;
    int[] otherLengths = other.lengths;
    int otherCount = other.count;
    other.offsets = offsets;
    other.lengths = lengths;
    other.count = count;
    offsets = otherOffsets;
    lengths = otherLengths;
    count = otherCount;
  }

  /**
   * Allocates memory of this request for unquotedBlock arguments. The source buffer must stay
   * unchanged because it may be decoded again.
   */
  BufferMemory.Block unquotedBlock(BufferMemory source, long bytes) {
    count = 0;
    BufferMemory.Block room = unquotedBlock;
    if (room == null || room.sizeBytes() < bytes) {
      if (room != null) {
        source.free(room);
      }
      room = source.allocate(bytes);
      unquotedBlock = room;
    }
    memory = room.memory();
    return room;
  }
}
