package io.redoubt.protocol.net;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Xxh3;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A buffer for output, or bytes of the data that it refers to: the bytes {@code [start(), limit())}
 * of {@code memory()} may be written and then sent. Owned by the caller until it is sent or
 * released.
 */
public final class Chunk {
  /** An output whose chunks are written by another thread. */
  interface Borrower {
    /** Takes a chunk that was written or discarded; on that thread. */
    void giveBack(Chunk written);
  }

  private static final long NOT_PINNED = 0;

  private final ChunkPool pool;
  private final BufferMemory.Block block;
  private final boolean usualSize;
  private final long nativeAddress;

  /** The block of the data that contains the bytes; {@link #NOT_PINNED} for an output buffer. */
  private final long pinned;

  private @Nullable Sendable sendable;

  /** The digest of pinned bytes, in tests. */
  private long digest;

  private @Nullable IntConsumer onSent;
  private int queuedBytes;

  /** The output by whose I/O thread the chunk is written; null on the owner's loop. */
  private @Nullable Borrower borrower;

  private int lentBytes;

  /** True if another chunk of the same flush follows, so that one system call can write both. */
  private boolean followed;

  /** The events to come before a chunk {@link #queuedUntilWritten} is released. */
  private int endsAwaited;

  /** The next chunk of the same connection that waits for a flush. */
  @Nullable Chunk next;

  public Chunk(ChunkPool pool, BufferMemory.Block block, boolean usualSize) {
    this(pool, block, usualSize, NOT_PINNED);
  }

  private Chunk(ChunkPool pool, BufferMemory.Block block, boolean usualSize, long pinned) {
    this.pool = pool;
    this.usualSize = usualSize;
    this.block = block;
    this.pinned = pinned;
    nativeAddress = block.memory().address() + block.offset();
  }

  /** Creates a chunk that consists of bytes of a pinned block of the data. */
  static Chunk ofPinned(ChunkPool pool, BufferMemory.Block bytes, long pinned) {
    Chunk chunk = new Chunk(pool, bytes, false, pinned);
    assert chunk.takeDigest();
    return chunk;
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
    if (isPinned()) {
      return true;
    }
    memory().asSlice(start(), lentBytes).fill((byte) 0xEE);
    return true;
  }

  /** Returns the size of the chunk's own memory, none for bytes of the data. */
  long sizeBytes() {
    return isPinned() ? 0 : block.sizeBytes();
  }

  // ---- pinned bytes

  boolean isPinned() {
    return pinned != NOT_PINNED;
  }

  /** Returns the start of the block of the data that contains the bytes. */
  long pinned() {
    return pinned;
  }

  private boolean takeDigest() {
    digest = Xxh3.of(memory(), start(), block.sizeBytes());
    return true;
  }

  /** Returns true if the pinned bytes are the original ones; only in tests, which assert it. */
  boolean isUnchanged() {
    return digest == Xxh3.of(memory(), start(), block.sizeBytes());
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
    Sendable message = sendable;
    if (message == null) {
      message = new Sendable(block);
      sendable = message;
    }
    message.setIndex(from, to);
    return message;
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

  /** Sets whether another chunk of the same flush follows. */
  void setFollowed(boolean more) {
    followed = more;
  }

  boolean isFollowed() {
    return followed;
  }

  /** Returns the number of bytes to be written by the I/O thread. */
  int lentBytes() {
    return lentBytes;
  }

  long nativeAddress() {
    return nativeAddress;
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

    Sendable(BufferMemory.Block block) {
      super(
          UnpooledByteBufAllocator.DEFAULT,
          block.memory().asSlice(block.offset(), block.sizeBytes()).asByteBuffer(),
          Math.toIntExact(block.sizeBytes()));
    }

    @Override
    public boolean hasMemoryAddress() {
      return true;
    }

    @Override
    public long memoryAddress() {
      return nativeAddress;
    }

    @Override
    protected void deallocate() {
      resetRefCnt();
      finishSend();
    }
  }
}
