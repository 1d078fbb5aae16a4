package io.redoubt.protocol.net;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A buffer for output: the bytes {@code [start(), limit())} of {@code memory()} may be written and
 * then sent. Owned by the caller until it is sent or released.
 */
public final class Chunk {
  /** An output whose chunks are written by another thread. */
  interface Borrower {
    /** Takes a chunk that was written or discarded; on that thread. */
    void giveBack(Chunk written);
  }

  private final ChunkPool pool;
  private final BufferMemory.Block block;
  private final boolean usualSize;
  private final Sendable sendable;
  private @Nullable IntConsumer onSent;
  private int queuedBytes;

  /** The output by whose I/O thread the chunk is written; null on the owner's loop. */
  private @Nullable Borrower borrower;

  private int lentBytes;

  /** The events to come before a chunk {@link #queuedUntilWritten} is released. */
  private int endsAwaited;

  /** The next chunk of the same connection that waits for a flush. */
  @Nullable Chunk next;

  public Chunk(ChunkPool pool, BufferMemory.Block block, boolean usualSize) {
    this.pool = pool;
    this.usualSize = usualSize;
    this.block = block;
    this.sendable = new Sendable(block);
  }

  public MemorySegment memory() {
    return block.memory();
  }

  /** Returns the start of the chunk within {@link #memory()}. */
  public long start() {
    return block.offset();
  }

  /** Returns the end of the chunk within {@link #memory()}. */
  public long limit() {
    return block.end();
  }

  /** Returns an unsent chunk to its pool, or a lent one to the loop that owns it. */
  public void release() {
    Borrower lentTo = borrower;
    if (lentTo == null) {
      pool.giveBack(this);
    } else {
      lentTo.giveBack(this);
    }
  }

  // ---- lending

  /** Lends the chunk, whose first bytes are to be written, to the thread of an output. */
  void lend(Borrower to, int bytes) {
    borrower = to;
    lentBytes = bytes;
  }

  /** Returns the output whose thread writes the chunk. */
  Borrower borrower() {
    return Objects.requireNonNull(borrower);
  }

  /** Ends the lending of a chunk that its owner still has. Returns the number of bytes lent. */
  int takeBack() {
    borrower = null;
    return lentBytes;
  }

  /** Ends the lending, on the owner's loop. Returns the number of bytes lent. */
  int endLending() {
    borrower = null;
    assert scrub();
    return lentBytes;
  }

  /** Overwrites the bytes, so that tests notice a later use. */
  private boolean scrub() {
    memory().asSlice(start(), lentBytes).fill((byte) 0xEE);
    return true;
  }

  /** Returns the size of the chunk's memory. */
  long sizeBytes() {
    return block.sizeBytes();
  }

  /** Returns true if the chunk has the size that the pool reuses. */
  boolean isUsualSize() {
    return usualSize;
  }

  BufferMemory.Block block() {
    return block;
  }

  /**
   * Returns the message for the channel: the chunk's bytes {@code [from, to)}.
   *
   * @param onSent takes the number of bytes when they have been written, unless it is null
   */
  Object queued(@Nullable IntConsumer onSent, int from, int to) {
    this.onSent = onSent;
    queuedBytes = to - from;
    sendable.setIndex(from, to);
    return sendable;
  }

  /** Returns the same message, but the chunk is released only after {@link #endWrite}, too. */
  Object queuedUntilWritten(int to) {
    endsAwaited = 2;
    return queued(null, 0, to);
  }

  /** Releases a chunk that was {@linkplain #queuedUntilWritten queued} once it is written. */
  void endWrite() {
    if (--endsAwaited == 0) {
      release();
    }
  }

  /** Returns the number of bytes to be written by the I/O thread. */
  int lentBytes() {
    return lentBytes;
  }

  long nativeAddress() {
    return sendable.memoryAddress();
  }

  private void finishSend() {
    IntConsumer listener = onSent;
    onSent = null;
    if (endsAwaited > 0) {
      endWrite();
      return;
    }
    release();
    if (listener != null) {
      listener.accept(queuedBytes);
    }
  }

  /** The chunk's memory as a Netty buffer, created once; its release means that it was sent. */
  private final class Sendable extends UnpooledDirectByteBuf {

    private final long address;

    Sendable(BufferMemory.Block block) {
      super(
          UnpooledByteBufAllocator.DEFAULT,
          block.memory().asSlice(block.offset(), block.sizeBytes()).asByteBuffer(),
          Math.toIntExact(block.sizeBytes()));
      this.address = block.memory().address() + block.offset();
    }

    @Override
    public boolean hasMemoryAddress() {
      return true;
    }

    @Override
    public long memoryAddress() {
      return address;
    }

    @Override
    protected void deallocate() {
      resetRefCnt();
      finishSend();
    }
  }
}
