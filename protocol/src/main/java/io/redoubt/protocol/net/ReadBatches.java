package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The input of an I/O thread: the {@link ReadBatch}es that it fills, and that cross to the owner
 * and back. If the owner has all of them, the thread must not read.
 */
final class ReadBatches implements ReadBatch.Home {
  /** The batches of a thread, all of which the owner may hold. */
  static final int BATCHES = 16;

  /** The entries or bytes after which a batch is handed over before the end of a poll. */
  private static final int FULL_ENTRIES = 32;

  private static final int FULL_BYTES = 16 * 1024;

  private final HandoverRing<ReadBatch> empty = new HandoverRing<>(BATCHES);
  private final HandoverRing<ReadBatch> filled = new HandoverRing<>(BATCHES * 2);

  /** The batches with copies on the heap that the owner has not taken. */
  private final AtomicInteger copying = new AtomicInteger();

  // Used by the owner:
  private final ArrayList<ReadBatch> batches = new ArrayList<>();
  private boolean returned;

  // Used by the thread:
  private final Bell.Ringer toOwner;
  private final IoThreadStats stats;
  private final Reads reads = new Reads();
  private final ReadReserve reserve = new ReadReserve();
  private @Nullable ReadBatch batch;

  /** Receives a read for which no batch has room: without epoll, or if decryption filled them. */
  private final ByteBuf spare = Unpooled.directBuffer(ReadReserve.MIN_BYTES, ReadReserve.MIN_BYTES);

  /**
   * Allocates the batches.
   *
   * @param memory the owner's; used on its loop
   * @param toOwner wakes the owner
   * @param stats counts the reads and batches
   */
  ReadBatches(BufferMemory memory, Bell.Ringer toOwner, IoThreadStats stats) {
    this.toOwner = toOwner;
    this.stats = stats;
    try {
      for (int i = 0; i < BATCHES; i++) {
        batches.add(new ReadBatch(this, memory.allocate(ReadBlock.BYTES)));
      }
    } catch (OutOfMemoryError full) {
      close(memory);
      throw full;
    }
    batches.forEach(empty::put);
  }

  // ---- the owner's side

  /** Returns the next batch that the thread has handed over, or null. */
  @Nullable ReadBatch nextFilled() {
    ReadBatch next = filled.poll();
    if (next != null && next.holdsCopies()) {
      copying.decrementAndGet();
      returned = true; // the thread may wait for this one
    }
    return next;
  }

  /** Returns true if the thread has handed over nothing that the owner has not taken. */
  boolean isQuiet() {
    return filled.isEmpty();
  }

  @Override
  public void giveBack(ReadBatch used) {
    if (used.block() != null) {
      used.clear();
      empty.put(used);
      returned = true;
    }
  }

  /** Passes on what was given back. Returns true if the thread can have all of it. */
  boolean pushReturned() {
    return empty.push();
  }

  /** Returns true if the thread may have waited for what was given back since the last call. */
  boolean takeReturned() {
    boolean was = returned;
    returned = false;
    return was;
  }

  long memoryBytes() {
    return (long) batches.size() * ReadBlock.BYTES;
  }

  /** Frees the memory, which neither side uses any more. */
  void close(BufferMemory memory) {
    for (ReadBatch each : batches) {
      BufferMemory.Block block = each.block();
      if (block != null) {
        memory.free(block);
      }
    }
    spare.release();
  }

  // ---- the thread's side

  /** Returns the reads of all sockets of the thread, as their channels see them. */
  SingleReads reads() {
    return reads;
  }

  /** Returns true if there is room for a poll, and the owner has taken the copies of others. */
  boolean mayRead() {
    return copying.get() == 0 && roomyBatch() != null;
  }

  /** Starts a poll, for which there is room. */
  void startPoll() {
    reserve.startPoll();
  }

  /** Adds bytes that were read into the batch, or into the spare buffer. */
  void onBytes(ReadBatch.Target from, ByteBuf bytes) {
    ReadBatch into = batch;
    if (into != null && bytes instanceof ReadBlock) {
      into.addBytes(from, bytes.readerIndex(), bytes.writerIndex());
      handOverIfFull(into);
    } else {
      report(from, ReadBatch.Kind.COPY, ByteBufUtil.getBytes(bytes));
    }
  }

  /** Copies bytes that did not come directly from the socket. */
  void copy(ReadBatch.Target from, ByteBuf bytes) {
    while (bytes.isReadable()) {
      ReadBatch into = roomyBatch();
      if (into == null) {
        report(from, ReadBatch.Kind.COPY, ByteBufUtil.getBytes(bytes));
        return;
      }
      int start = into.position();
      int count = Math.min(bytes.readableBytes(), into.room());
      MemorySegment source = MemorySegment.ofBuffer(bytes.nioBuffer(bytes.readerIndex(), count));
      MemorySegment.copy(source, 0, into.memory(), into.offset(start), count);
      bytes.skipBytes(count);
      into.addBytes(from, start, start + count);
      handOverIfFull(into);
    }
  }

  private void handOverIfFull(ReadBatch filling) {
    stats.countRead();
    boolean isFull = filling.count() >= FULL_ENTRIES || filling.position() >= FULL_BYTES;
    if (isFull && !empty.isEmpty()) { // the last one has room for the rest of the poll
      handOver();
    }
  }

  /** Adds an event. */
  void report(ReadBatch.Target of, ReadBatch.Kind kind, @Nullable Object detail) {
    ReadBatch into = batch;
    if (into == null) {
      into = new ReadBatch(this, null);
      batch = into;
    }
    into.add(of, kind, detail);
  }

  /** Returns a batch with room, or null if the owner has all of them. */
  private @Nullable ReadBatch roomyBatch() {
    ReadBatch current = batch;
    if (current != null && current.room() > 0) {
      return current;
    }
    if (current != null && current.block() == null && empty.isEmpty()) {
      return null; // this one collects the copies
    }
    handOver();
    ReadBatch next = empty.poll();
    batch = next;
    return next;
  }

  /** Hands what was received over to the owner, and wakes it. */
  void handOver() {
    ReadBatch current = batch;
    if (current != null && current.count() > 0) {
      batch = null;
      if (current.holdsCopies()) {
        copying.incrementAndGet();
      }
      filled.put(current);
      stats.countBatch();
      toOwner.ring();
    }
  }

  /** Passes on what was handed over. Returns true if the owner can have all of it. */
  boolean pushFilled() {
    return filled.push();
  }

  private final class Reads extends SingleReads {
    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      ReadBatch into = roomyBatch();
      if (into == null || into.shared == null) {
        return spare.clear().retain();
      }
      int limit = reserve.limit(into.room());
      return into.shared.prepareRead(
          into.position(), empty.isEmpty() ? limit : ReadBlock.USUAL_BYTES);
    }
  }
}
