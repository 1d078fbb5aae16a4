package io.redoubt.protocol.resp;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A reply buffer of one growing window, for replies that are needed as a whole. */
public final class ReplyCollector extends ReplyBuffer implements AutoCloseable {

  private static final int INITIAL_BYTES = 1024;

  private final BufferMemory source;
  private BufferMemory.@Nullable Block block;

  /** Creates a collector that allocates from {@code source}. */
  public ReplyCollector(BufferMemory source) {
    this.source = source;
  }

  /** Returns the segment that contains the collected bytes. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns the offset of the collected bytes within {@link #memory()}. */
  public long start() {
    return block == null ? 0 : block.offset();
  }

  public long length() {
    return position - start();
  }

  /** Returns the memory that the collector takes, in bytes. */
  public long capacityBytes() {
    return block == null ? 0 : block.sizeBytes();
  }

  /** Returns a copy of the collected bytes. */
  public byte[] toByteArray() {
    byte[] bytes = new byte[Math.toIntExact(length())];
    MemorySegment.copy(memory, ReplyWriter.BYTE, start(), bytes, 0, bytes.length);
    return bytes;
  }

  /** Makes room for so many bytes more, so that collecting them moves nothing. */
  public void reserve(long bytes) {
    if (bytes > limit - position) {
      resize(length() + bytes);
    }
  }

  /** Discards the collected bytes and keeps the memory. */
  public void clear() {
    position = start();
  }

  @Override
  public void close() {
    if (block != null) {
      source.free(block);
      block = null;
    }
    memory = MemorySegment.NULL;
    position = 0;
    limit = 0;
  }

  @Override
  protected void makeRoom(int atLeastBytes) {
    long used = length();
    resize(Math.max(used + atLeastBytes, Math.max(used * 2, INITIAL_BYTES)));
  }

  private void resize(long bytes) {
    BufferMemory.Block old = block;
    long used = length();
    BufferMemory.Block larger = source.allocate(bytes);
    if (old != null) {
      MemorySegment.copy(old.memory(), old.offset(), larger.memory(), larger.offset(), used);
      moveGaps(larger.offset() - old.offset());
      source.free(old);
    }
    block = larger;
    memory = larger.memory();
    position = larger.offset() + used;
    limit = larger.end();
  }

  @Override
  protected void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {
    throw new AssertionError("there is one window only");
  }
}
