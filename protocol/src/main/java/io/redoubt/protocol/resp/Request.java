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
 * RequestDecoder} without copying; valid until the buffer that it was decoded from is reused. Only
 * the first {@link #MAX_NEAR} arguments of a decoded request are indexed on the Java heap.
 */
public final class Request {

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int USUAL_COUNT = 8;

  /** The arguments of a decoded request beyond this number are indexed off the Java heap. */
  static final int MAX_NEAR = 128;

  private MemorySegment memory = MemorySegment.NULL;
  private long[] offsets = new long[USUAL_COUNT];
  private int[] lengths = new int[USUAL_COUNT];

  /** The arguments from index {@code offsets.length} on, if there are any. */
  private @Nullable ArgumentIndex far;

  /** Allocates {@link #far}; null for a request of the server's own, which is on the heap. */
  private @Nullable BufferMemory source;

  private int count;
  private long start;
  private long end;
  private boolean inline;
  private BufferMemory.@Nullable Block unquotedBlock;

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
    request.setEnd(at);
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

  /**
   * Returns a request of the arguments from an index on, which stay where they are. It must be
   * {@linkplain #release released}.
   */
  public Request from(int first) {
    Request part = new Request();
    part.source = source;
    part.compose(memory);
    for (int i = first; i < count; i++) {
      part.add(offset(i), length(i));
    }
    return part;
  }

  /** Returns the total length of the arguments, in bytes. */
  public long argumentBytes() {
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += length(i);
    }
    return bytes;
  }

  /** Returns the memory that the offsets and lengths of arguments take, in bytes. */
  public long indexBytes() {
    return (long) offsets.length * (Long.BYTES + Integer.BYTES)
        + (far == null ? 0 : far.sizeBytes());
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
      int length = length(i);
      MemorySegment.copy(memory, offset(i), target, at, length);
      copy.add(at, length);
      at += length;
    }
    copy.setEnd(at);
    return copy;
  }

  /** Replaces argument {@code i} by other bytes of {@link #memory()}. */
  public void replace(int i, long offset, int length) {
    if (i < offsets.length) {
      offsets[i] = offset;
      lengths[i] = length;
    } else {
      far().set(i - offsets.length, offset, length);
    }
  }

  /** Drops the first arguments. The rest is no longer contiguous in wire format. */
  public void dropFirst(int dropped) {
    count -= dropped;
    for (int i = 0; i < count; i++) {
      replace(i, offset(i + dropped), length(i + dropped));
    }
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
    return i < offsets.length ? offsets[i] : far().offset(i - offsets.length);
  }

  /** Returns the length of argument {@code i} in bytes. */
  public int length(int i) {
    return i < lengths.length ? lengths[i] : far().length(i - lengths.length);
  }

  private ArgumentIndex far() {
    ArgumentIndex index = far;
    if (index == null) {
      throw new IndexOutOfBoundsException("a request of " + count + " arguments");
    }
    return index;
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
    return firstBytes(i, length(i));
  }

  /** Returns a copy of at most the first {@code limit} bytes of argument {@code i}. */
  public byte[] firstBytes(int i, int limit) {
    byte[] bytes = new byte[Math.min(length(i), limit)];
    MemorySegment.copy(memory, BYTE, offset(i), bytes, 0, bytes.length);
    return bytes;
  }

  /** Returns argument {@code i} decoded as UTF-8. */
  public String text(int i) {
    return Utf8.decode(bytes(i));
  }

  /** Returns a copy of argument {@code i}. */
  public ByteString string(int i) {
    return ByteString.copyOf(memory, offset(i), length(i));
  }

  /** Returns a copy of argument {@code i} with ASCII letters in lower case. */
  public ByteString lowerCase(int i) {
    byte[] bytes = bytes(i);
    for (int k = 0; k < bytes.length; k++) {
      bytes[k] = (byte) Ascii.lower(bytes[k]);
    }
    return ByteString.of(bytes);
  }

  /** Returns true if argument {@code i} is this ASCII text, in any case. */
  public boolean is(int i, String word) {
    int length = length(i);
    if (length != word.length()) {
      return false;
    }
    long offset = offset(i);
    for (int k = 0; k < length; k++) {
      if (Ascii.lower(memory.get(BYTE, offset + k)) != Ascii.lower(word.charAt(k))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the first eight of the bytes {@code [offset, offset + length)} in lower case as a word,
   * the first byte lowest, padded with zeros; names are looked up by it.
   */
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

  /** Clears the arguments and frees the index of many. */
  public void release() {
    count = 0;
    if (far != null) {
      far.release();
      far = null;
    }
    if (offsets.length > MAX_NEAR) {
      offsets = new long[USUAL_COUNT];
      lengths = new int[USUAL_COUNT];
    }
  }

  /** Sets the memory that indexes arguments beyond {@link #MAX_NEAR}. */
  void setSource(BufferMemory memoryOfIndex) {
    source = memoryOfIndex;
  }

  /** Clears the arguments and sets the start of the request. */
  void reset(MemorySegment memory, long start, boolean inline) {
    this.memory = memory;
    this.start = start;
    this.end = start;
    this.inline = inline;
    release();
  }

  void setEnd(long end) {
    this.end = end;
  }

  void add(long offset, int length) {
    if (count >= offsets.length && !grow()) {
      far().set(count - offsets.length, offset, length);
      count++;
      return;
    }
    offsets[count] = offset;
    lengths[count++] = length;
  }

  /** Makes room on the heap for one more argument; returns false if it belongs elsewhere. */
  private boolean grow() {
    BufferMemory index = source;
    if (index != null && (far != null || count >= MAX_NEAR)) {
      if (far == null) {
        far = new ArgumentIndex(index);
      }
      return false;
    }
    offsets = Arrays.copyOf(offsets, count * 2);
    lengths = Arrays.copyOf(lengths, count * 2);
    return true;
  }

  /** Continues a partly decoded request that another object holds; its buffer may have moved. */
  void resume(Request partial, MemorySegment memory, long start) {
    long moved = start - partial.start;
    release();
    exchangeArguments(partial);
    if (moved != 0) {
      for (int i = 0; i < count; i++) {
        replace(i, offset(i) + moved, length(i));
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
    ArgumentIndex otherFar = other.far;
    int otherCount = other.count;
    other.far = far;
    far = otherFar;
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
