package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestIndex;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The input of an I/O thread from its sockets, in order: bytes, where the thread read them, and
 * events. Filled by the thread, and then used by the owner until its requests have run; its memory
 * belongs to the owner. One without memory carries events only.
 *
 * <p>The thread also finds requests in the bytes: their memory is in its cache, not the owner's.
 */
final class ReadBatch {
  /** The kind of report that an entry is. */
  enum Kind {
    /** Bytes in the batch's memory. */
    BYTES,
    /** A copy of bytes for which no memory was free. */
    COPY,
    /** The handshake is complete. */
    OPENED,
    /** The peer has ended its output. */
    INPUT_END,
    /** Encrypted input is held that may be the peer's end. */
    POSSIBLE_END,
    /** The socket is closed. */
    CLOSED,
    /** The thread does not serve the socket any more, which is open. */
    LEFT
  }

  /** The receiver of an entry, known to the owner. */
  interface Target {
    /** Takes the session of a complete handshake, before it is reported; on the thread. */
    void onSecured(SSLSession session);
  }

  /** Takes batches back after their use. */
  interface Home {
    /** Takes a batch whose entries have been handled; on the owner's loop. */
    void giveBack(ReadBatch used);
  }

  private static final int FIRST_ROOM = 32;

  private final Home home;
  private final BufferMemory.@Nullable Block block;
  final @Nullable ReadBlock shared;
  private final @Nullable RequestIndex requests;

  private Target[] targets = new Target[FIRST_ROOM];
  private Kind[] kinds = new Kind[FIRST_ROOM];
  private @Nullable Object[] details = new @Nullable Object[FIRST_ROOM];
  private int[] starts = new int[FIRST_ROOM];
  private int[] ends = new int[FIRST_ROOM];
  private int[] places = new int[FIRST_ROOM];
  private int count;
  private boolean copies;

  /** The offset of the next read within the memory. */
  private int position;

  ReadBatch(Home home, BufferMemory.@Nullable Block block) {
    this.home = home;
    this.block = block;
    shared = block == null ? null : new ReadBlock(block);
    requests = block == null ? null : new RequestIndex(block.memory(), block.offset());
  }

  // ---- filling

  int count() {
    return count;
  }

  int position() {
    return position;
  }

  /** Returns the number of bytes that can still be read into this batch. */
  int room() {
    return block == null ? 0 : ReadBlock.BYTES - position;
  }

  /** Adds the bytes {@code [start, end)} of the memory. */
  void addBytes(Target target, int start, int end) {
    int at = add(target, Kind.BYTES, null);
    starts[at] = start;
    ends[at] = end;
    places[at] = requests == null ? 0 : requests.add(start, end);
    position = ReadBlock.lineAfter(end);
  }

  /** Adds an event. Returns its index. */
  int add(Target target, Kind kind, @Nullable Object detail) {
    if (count == kinds.length) {
      int more = count * 2;
      targets = Arrays.copyOf(targets, more);
      kinds = Arrays.copyOf(kinds, more);
      details = Arrays.copyOf(details, more);
      starts = Arrays.copyOf(starts, more);
      ends = Arrays.copyOf(ends, more);
      places = Arrays.copyOf(places, more);
    }
    targets[count] = target;
    kinds[count] = kind;
    details[count] = detail;
    copies |= kind == Kind.COPY;
    return count++;
  }

  /** Returns true if there are copies of bytes among the entries. */
  boolean holdsCopies() {
    return copies;
  }

  // ---- use

  Target target(int i) {
    return targets[i];
  }

  Kind kind(int i) {
    return kinds[i];
  }

  @Nullable Object detail(int i) {
    return details[i];
  }

  MemorySegment memory() {
    return block == null ? MemorySegment.NULL : block.memory();
  }

  /** Returns the start of an entry's bytes within the memory. */
  long start(int i) {
    return offset(starts[i]);
  }

  long end(int i) {
    return offset(ends[i]);
  }

  /** Returns the requests found in an entry's bytes, valid until this is called again. */
  @Nullable RequestIndex requests(int i) {
    return requests == null ? null : requests.select(places[i]);
  }

  /** Returns the offset of a position within {@link #memory}. */
  long offset(int at) {
    return block == null ? 0 : block.offset() + at;
  }

  /** Returns the batch to its thread; by the owner. */
  void giveBack() {
    home.giveBack(this);
  }

  /** Empties the batch for its next use; by the owner. */
  @SuppressWarnings("NullAway") // entries beyond the count are never read
  void clear() {
    assert scrub();
    Arrays.fill(targets, 0, count, null);
    Arrays.fill(details, 0, count, null);
    count = 0;
    copies = false;
    position = 0;
    if (requests != null) {
      requests.clear();
    }
  }

  /** Overwrites the bytes, so that tests notice a later use. */
  private boolean scrub() {
    memory().asSlice(offset(0), position).fill((byte) 0xEE);
    return true;
  }

  BufferMemory.@Nullable Block block() {
    return block;
  }
}
