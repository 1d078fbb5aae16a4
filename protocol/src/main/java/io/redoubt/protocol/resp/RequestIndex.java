package io.redoubt.protocol.resp;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The positions of requests in a block of up to 64 KB, found by the thread that has read the bytes
 * and used by a {@link RequestDecoder} of another one, so that it need not wait for the memory of
 * one header after the other. An optimization: bytes are indexed as if they started with a request,
 * and the decoder uses what starts where it has arrived itself.
 *
 * <p>Only complete requests of few short arguments are indexed, which no size limit concerns. The
 * requests of a range of bytes follow one another: an integer with the offset and the number of
 * arguments, then one with the offset and the length of each. Zero ends them.
 *
 * <p>Filled by one thread and then handed over; the size is fixed.
 */
public final class RequestIndex {
  private static final int ROOM = 2048;

  /** The last integer, which always is zero: the place of ranges without an indexed request. */
  private static final int NOWHERE = ROOM - 1;

  private static final int COUNT_BITS = 4;
  private static final int MAX_COUNT = Limits.MAX_UNAUTHENTICATED_COUNT;
  private static final int LENGTH_BITS = 15;
  private static final int MAX_LENGTH = Limits.MAX_UNAUTHENTICATED_BULK_BYTES;

  /**
   * The length from which requests are worth it: the processor fetches the headers of shorter ones
   * ahead by itself.
   */
  private static final int MIN_BYTES = 256;

  private final MemorySegment memory;
  private final long block;
  private final int[] content = new int[ROOM];

  /** The end of the content. */
  private int used;

  /** The first request of the range that is decoded next. */
  private int selected = NOWHERE;

  /**
   * Creates the empty index of a block.
   *
   * @param block the offset of the block within its memory
   */
  public RequestIndex(MemorySegment memory, long block) {
    this.memory = memory;
    this.block = block;
  }

  /** Removes all requests. */
  public void clear() {
    used = 0;
    selected = NOWHERE;
  }

  /**
   * Indexes the requests in the bytes {@code [start, end)} of the block, up to the first that is
   * incomplete, unusual or short, as far as there is room.
   *
   * @return their place, for {@link #select}
   */
  public int add(int start, int end) {
    int place = used;
    int at = start;
    while (at >= 0) {
      at = addRequest(at, end);
    }
    if (used == place) {
      return NOWHERE;
    }
    content[used++] = 0;
    return place;
  }

  /** Indexes the request at an offset. Returns the end of the request, or -1. */
  private int addRequest(int start, int end) {
    long line = HeaderLine.read(memory, block + start, block + end, '*');
    int count = (int) HeaderLine.number(line);
    if (count <= 0 || count > MAX_COUNT || used + count + 1 >= NOWHERE) {
      return -1;
    }
    int at = start + HeaderLine.length(line);
    for (int i = 1; i <= count; i++) {
      line = HeaderLine.read(memory, block + at, block + end, '$');
      long length = HeaderLine.number(line);
      at += HeaderLine.length(line);
      if (line == HeaderLine.UNUSUAL || length > MAX_LENGTH || length + 2 > end - at) {
        return -1;
      }
      content[used + i] = at << LENGTH_BITS | (int) length;
      at += (int) length + 2;
    }
    if (at - start < MIN_BYTES) {
      return -1;
    }
    content[used] = start << COUNT_BITS | count;
    used += count + 1;
    return at;
  }

  /** Selects the requests of a range for its decoder. Returns this index, or null without any. */
  public @Nullable RequestIndex select(int place) {
    selected = place;
    return place == NOWHERE ? null : this;
  }

  int selected() {
    return selected;
  }

  /**
   * Fills in the request at a place if it starts at {@code start}. Returns the start of the next
   * request, whose place is after the arguments; or {@link RequestDecoder#NEED_MORE}.
   */
  long get(int place, long start, Request into) {
    int head = content[place];
    if (head == 0 || block + (head >>> COUNT_BITS) != start) {
      return RequestDecoder.NEED_MORE;
    }
    into.reset(memory, start, false);
    int count = head & ((1 << COUNT_BITS) - 1);
    long end = start;
    for (int i = 1; i <= count; i++) {
      int argument = content[place + i];
      long offset = block + (argument >>> LENGTH_BITS);
      int length = argument & ((1 << LENGTH_BITS) - 1);
      into.add(offset, length);
      end = offset + length + 2;
    }
    into.setEnd(end);
    return end;
  }
}
