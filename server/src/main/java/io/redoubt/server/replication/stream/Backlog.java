package io.redoubt.server.replication.stream;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The last bytes of the command stream: one ring that serves partial syncs and that every replica
 * reads through a cursor. Bytes are addressed by their offset in the stream; the first one has
 * offset 1.
 *
 * <p>The ring consists of equal blocks, so that it can exceed its size temporarily: bytes from
 * {@link #retainFrom(long)} on are kept until the slowest replica has them. Other bytes are dropped
 * at exactly the configured size. Not thread-safe.
 */
public final class Backlog implements AutoCloseable {
  /** Size of a block of the ring. */
  public static final int BLOCK_BYTES = 16 * 1024;

  /** The first and last blocks may be partly used, and one is spare. */
  private static final long SLACK_BLOCKS = 3;

  /** The minimum size; a smaller ring would not survive a single reconnect. */
  public static final long MINIMUM_SIZE_BYTES = 16 * 1024;

  /** Passed to {@link #retainedFrom} if no replica needs older bytes. */
  public static final long NOBODY = Long.MAX_VALUE;

  private final BufferMemory memory;
  private long sizeBytes;

  /** A circular list of blocks: {@code used} of them, starting at {@code first}. */
  private BufferMemory.@Nullable Block[] blocks = new BufferMemory.@Nullable Block[8];

  private int first;
  private int used;

  /**
   * A block dropped at the head and reused at the tail, so that a steady stream allocates nothing.
   */
  private BufferMemory.@Nullable Block spare;

  /** Offset of the first byte of the first block; bytes before {@link #firstOffset} are void. */
  private long headOffset;

  private long firstOffset;
  private long nextOffset;
  private long retainedFrom = NOBODY;

  /**
   * Creates an empty ring.
   *
   * @param nextOffset the offset of the byte that will be appended first
   */
  public Backlog(BufferMemory memory, long sizeBytes, long nextOffset) {
    this.memory = memory;
    this.sizeBytes = Math.max(sizeBytes, MINIMUM_SIZE_BYTES);
    headOffset = nextOffset;
    firstOffset = nextOffset;
    this.nextOffset = nextOffset;
  }

  /** Returns the number of bytes that the ring keeps if no replica needs older ones. */
  public long sizeBytes() {
    return sizeBytes;
  }

  /** Returns the offset of the oldest byte kept, {@link #nextOffset()} if there is none. */
  public long firstOffset() {
    return firstOffset;
  }

  /** Returns the offset of the byte that will be appended next. */
  public long nextOffset() {
    return nextOffset;
  }

  public long historyBytes() {
    return nextOffset - firstOffset;
  }

  /** Returns the reserved memory, in bytes. */
  public long reservedBytes() {
    return (long) (used + (spare == null ? 0 : 1)) * BLOCK_BYTES;
  }

  /**
   * Returns the reserved memory without bytes {@linkplain #retainedFrom retained} beyond the size.
   */
  public long reservedForSizeBytes() {
    return Math.min(reservedBytes(), sizeBytes + SLACK_BLOCKS * BLOCK_BYTES);
  }

  /** Returns true if a reader can be served from this offset on. */
  public boolean reaches(long offset) {
    return offset >= firstOffset && offset <= nextOffset;
  }

  /** Changes the size; keeps the latest bytes that fit. */
  public void resize(long newSizeBytes) {
    sizeBytes = Math.max(newSizeBytes, MINIMUM_SIZE_BYTES);
    trim();
  }

  /** Keeps bytes from this offset on, even beyond the size; {@link #NOBODY} keeps only the size. */
  public void retainFrom(long offset) {
    retainedFrom = offset;
    trim();
  }

  /** Appends bytes of the stream. */
  public void append(MemorySegment source, long sourceOffset, long length) {
    long from = sourceOffset;
    long left = length;
    while (left > 0) {
      long inBlock = (nextOffset - headOffset) % BLOCK_BYTES;
      if (nextOffset - headOffset == (long) used * BLOCK_BYTES) {
        addBlock();
      }
      BufferMemory.Block tail = block(used - 1);
      long now = Math.min(left, BLOCK_BYTES - inBlock);
      MemorySegment.copy(source, from, tail.memory(), tail.offset() + inBlock, now);
      from += now;
      left -= now;
      nextOffset += now;
      trim();
    }
  }

  /**
   * Copies bytes of the stream.
   *
   * @param offset the offset of the first byte, {@link #reaches(long) within reach}
   * @return the number of copied bytes: all up to the end of the stream if they fit in maxBytes
   */
  public long read(long offset, MemorySegment target, long targetOffset, long maxBytes) {
    if (!reaches(offset)) {
      throw new IllegalArgumentException(
          "offset " + offset + " is not within " + firstOffset + ".." + nextOffset);
    }
    long left = Math.min(maxBytes, nextOffset - offset);
    long copied = 0;
    while (copied < left) {
      long place = offset + copied - headOffset;
      BufferMemory.Block block = block((int) (place / BLOCK_BYTES));
      long inBlock = place % BLOCK_BYTES;
      long now = Math.min(left - copied, BLOCK_BYTES - inBlock);
      MemorySegment.copy(
          block.memory(), block.offset() + inBlock, target, targetOffset + copied, now);
      copied += now;
    }
    return copied;
  }

  /** Frees the memory; the ring must not be used afterwards. */
  @Override
  public void close() {
    while (used > 0) {
      memory.free(dropHead());
    }
    freeSpare();
  }

  private void trim() {
    firstOffset = Math.max(firstOffset, Math.min(nextOffset - sizeBytes, retainedFrom));
    boolean shrinks = firstOffset - headOffset >= 2 * BLOCK_BYTES;
    while (used > 0 && firstOffset - headOffset >= BLOCK_BYTES) {
      BufferMemory.Block block = dropHead();
      freeSpare();
      spare = block;
    }
    if (shrinks) {
      freeSpare(); // the replica that needed them has disconnected
    }
  }

  private void addBlock() {
    if (used == blocks.length) {
      BufferMemory.@Nullable Block[] larger = new BufferMemory.@Nullable Block[used * 2];
      for (int i = 0; i < used; i++) {
        larger[i] = block(i);
      }
      blocks = larger;
      first = 0;
    }
    BufferMemory.Block block = spare;
    spare = null;
    if (block == null) {
      block = memory.allocate(BLOCK_BYTES);
    }
    blocks[(first + used) % blocks.length] = block;
    used++;
  }

  private BufferMemory.Block block(int index) {
    BufferMemory.Block block = blocks[(first + index) % blocks.length];
    if (block == null) {
      throw new IllegalStateException("no block " + index + " of " + used);
    }
    return block;
  }

  private BufferMemory.Block dropHead() {
    BufferMemory.Block block = block(0);
    blocks[first] = null;
    first = (first + 1) % blocks.length;
    used--;
    headOffset += BLOCK_BYTES;
    return block;
  }

  private void freeSpare() {
    if (spare != null) {
      memory.free(spare);
      spare = null;
    }
  }
}
