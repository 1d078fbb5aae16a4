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
 * A request: its arguments as places in one segment. It is filled by a {@link RequestDecoder},
 * copies nothing and is valid as long as the buffer that it was decoded from isn't used again.
 */
public final class Request {

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int USUAL_COUNT = 8;

  /** Room for arguments beyond this isn't kept for the next request. */
  private static final int MAX_KEPT_COUNT = 4096;

  private MemorySegment memory = MemorySegment.NULL;
  private long[] offsets = new long[USUAL_COUNT];
  private int[] lengths = new int[USUAL_COUNT];
  private int count;
  private long start;
  private long end;
  private boolean inline;
  private BufferMemory.@Nullable Block unquoted;

  /** An empty request, to be filled. */
  public Request() {}

  /** A request of these words in UTF-8, in memory of its own. */
  public static Request of(String... words) {
    byte[][] arguments = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].getBytes(UTF_8);
    }
    return of(arguments);
  }

  /** A request of these arguments, in off-heap memory of its own; it has no form on the wire. */
  public static Request of(byte[]... arguments) {
    long bytes = 0;
    for (byte[] argument : arguments) {
      bytes += argument.length;
    }
    return of(Arena.ofAuto().allocate(Math.max(bytes, 1)), 0, arguments);
  }

  /** A request of these arguments, copied to {@code memory} from {@code offset} on. */
  public static Request of(MemorySegment memory, long offset, byte[]... arguments) {
    Request request = new Request();
    request.begin(memory, offset, false);
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
   * Makes this a request of no arguments yet, which are {@linkplain #argument added} one by one: it
   * has no form on the wire, as a plain line has none.
   */
  public void compose(MemorySegment arguments) {
    begin(arguments, 0, true);
  }

  /** Adds an argument to a request that is being {@linkplain #compose composed}. */
  public void argument(long offset, int length) {
    add(offset, length);
  }

  /** How many bytes the arguments have together. */
  public long argumentBytes() {
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += lengths[i];
    }
    return bytes;
  }

  /**
   * A request of the same arguments, copied to {@code target} from {@code targetOffset} on, where
   * {@link #argumentBytes()} find room: what a blocked client keeps. It has no form on the wire and
   * counts as inline for that.
   */
  public Request copyTo(MemorySegment target, long targetOffset) {
    Request copy = new Request();
    copy.begin(target, targetOffset, true);
    long at = targetOffset;
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(memory, offsets[i], target, at, lengths[i]);
      copy.add(at, lengths[i]);
      at += lengths[i];
    }
    copy.end(at);
    return copy;
  }

  /** Puts other bytes of {@link #memory()} in the place of argument {@code i}. */
  public void replace(int i, long offset, int length) {
    offsets[i] = offset;
    lengths[i] = length;
  }

  /** The segment in which the arguments lie. */
  public MemorySegment memory() {
    return memory;
  }

  /** How many arguments there are, the command's name among them; 0 for an empty request. */
  public int count() {
    return count;
  }

  /** Where argument {@code i} begins within {@link #memory()}. */
  public long offset(int i) {
    return offsets[i];
  }

  /** How many bytes argument {@code i} has. */
  public int length(int i) {
    return lengths[i];
  }

  /** Where the request began in the buffer that it was decoded from. */
  public long start() {
    return start;
  }

  /** Where the next request begins in the buffer that this one was decoded from. */
  public long end() {
    return end;
  }

  /** Whether its bytes in memory are not an array of bulk strings: it came as a plain line. */
  public boolean isInline() {
    return inline;
  }

  /** A copy of argument {@code i}. */
  public byte[] bytes(int i) {
    byte[] bytes = new byte[lengths[i]];
    MemorySegment.copy(memory, BYTE, offsets[i], bytes, 0, bytes.length);
    return bytes;
  }

  /** Argument {@code i} read as UTF-8. */
  public String text(int i) {
    return Utf8.decode(bytes(i));
  }

  /** A copy of argument {@code i}. */
  public ByteString string(int i) {
    return ByteString.copyOf(memory, offsets[i], lengths[i]);
  }

  /** Whether argument {@code i} is this word of ASCII characters, in whatever case. */
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
   * The first eight bytes of argument {@code i} with letters in lower case, the first byte lowest,
   * filled up with zeros: what names are looked up by.
   */
  public long word(int i) {
    return word(memory, offsets[i], lengths[i]);
  }

  /** As {@link #word(int)}, of the bytes {@code [offset, offset + length)}. */
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

  /** What {@link #word(int)} gives for an argument that is this text. */
  public static long word(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return word(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  /** Begins anew: no arguments, the first byte at {@code start} of {@code memory}. */
  void begin(MemorySegment memory, long start, boolean inline) {
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

  /** Goes on with a request that another object holds so far, whose buffer may have moved. */
  void takeOver(Request partial, MemorySegment memory, long start) {
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

  /** Leaves what has been decoded so far to {@code partial}. */
  void leaveTo(Request partial) {
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
   * Memory of this request's own for arguments whose quotes and escapes have been taken away, for
   * the buffer they came from must stay as it is: it may be decoded again.
   */
  BufferMemory.Block unquoted(BufferMemory source, long bytes) {
    count = 0;
    BufferMemory.Block room = unquoted;
    if (room == null || room.sizeBytes() < bytes) {
      if (room != null) {
        source.free(room);
      }
      room = source.allocate(bytes);
      unquoted = room;
    }
    memory = room.memory();
    return room;
  }
}
