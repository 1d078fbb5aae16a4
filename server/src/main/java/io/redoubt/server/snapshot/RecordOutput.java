package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Where the record of a large value goes: into a block of its own until its turn has come, and then
 * into chunks for the writer thread.
 */
final class RecordOutput extends RdbOutput implements AutoCloseable {

  private static final int FIRST_BLOCK_BYTES = 1 << 10;

  private final RawQueue raw;
  private final BufferMemory buffers;
  private final LongConsumer aside;

  // One of them at a time.
  private BufferMemory.@Nullable Block block;
  private @Nullable Chunk chunk;

  /**
   * An output whose turn has not come.
   *
   * @param buffers the loop's: blocks come and go with each large value
   * @param aside is told by how much the bytes that wait become more or less
   */
  RecordOutput(RawQueue raw, BufferMemory buffers, LongConsumer aside) {
    super(false);
    this.raw = raw;
    this.buffers = buffers;
    this.aside = aside;
    window(allocate(FIRST_BLOCK_BYTES), 0);
  }

  /** Where blocks for the record come from. */
  BufferMemory buffers() {
    return buffers;
  }

  private BufferMemory.Block allocate(long bytes) {
    BufferMemory.Block allocated = buffers.allocate(bytes);
    aside.accept(allocated.sizeBytes());
    block = allocated;
    return allocated;
  }

  private void free(BufferMemory.Block freed) {
    aside.accept(-freed.sizeBytes());
    buffers.free(freed);
  }

  private void window(BufferMemory.Block memory, long used) {
    window(memory.memory(), memory.offset() + used, memory.end());
  }

  private void window(Chunk empty) {
    chunk = empty;
    window(empty.memory(), 0, Chunk.SIZE_BYTES);
  }

  @Override
  protected void renew(long end, int atLeastBytes) {
    Chunk full = chunk;
    BufferMemory.Block small = block;
    if (full != null) {
      window(raw.sendLarge(full, end));
    } else if (small != null) {
      long used = end - small.offset();
      BufferMemory.Block larger = allocate(Math.max(2 * small.sizeBytes(), used + atLeastBytes));
      MemorySegment.copy(small.memory(), small.offset(), larger.memory(), larger.offset(), used);
      free(small);
      window(larger, used);
    }
  }

  /** Its turn has come: what waits goes on its way, and what follows is not kept. */
  void open() {
    BufferMemory.Block waiting = block;
    if (waiting == null) {
      throw new IllegalStateException("opened twice");
    }
    long bytes = position() - waiting.offset();
    block = null;
    window(raw.openLarge());
    putBytes(waiting.memory(), waiting.offset(), bytes);
    free(waiting);
  }

  /** The record is complete. */
  void end() {
    Chunk last = chunk;
    if (last != null) {
      raw.endLarge(last, position());
      chunk = null;
    }
  }

  /** Gives back what memory it has, complete or not. */
  @Override
  public void close() {
    if (block != null) {
      free(block);
      block = null;
    }
  }
}
