package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The output of a large value's record: a block of its own while the record waits, then chunks for
 * the writer thread.
 */
public final class RecordOutput extends RdbOutput implements AutoCloseable {

  private static final int FIRST_BLOCK_BYTES = 1 << 10;

  private final RawQueue raw;
  private final BufferMemory buffers;
  private final LongConsumer aside;

  // At most one of these is set.
  private BufferMemory.@Nullable Block block;
  private @Nullable SnapshotChunk chunk;

  /**
   * Creates an output for a record that waits.
   *
   * @param buffers the loop's buffers; blocks are allocated and freed with each large value
   * @param aside receives changes in the number of buffered bytes
   */
  public RecordOutput(RawQueue raw, BufferMemory buffers, LongConsumer aside) {
    super(false);
    this.raw = raw;
    this.buffers = buffers;
    this.aside = aside;
    window(allocate(FIRST_BLOCK_BYTES), 0);
  }

  /** Returns the source of blocks for the record. */
  public BufferMemory buffers() {
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

  private void window(SnapshotChunk empty) {
    chunk = empty;
    window(empty.memory(), 0, empty.capacity());
  }

  @Override
  protected void renew(long end, int atLeastBytes) {
    SnapshotChunk full = chunk;
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

  /** Sends the buffered bytes; from now on output is sent directly. */
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

  public void end() {
    SnapshotChunk last = chunk;
    if (last != null) {
      raw.endLarge(last, position());
      chunk = null;
    }
  }

  /** Frees the buffer, whether or not the record is complete. */
  @Override
  public void close() {
    if (block != null) {
      free(block);
      block = null;
    }
  }
}
