package io.redoubt.server.structure;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.ListpackWriter;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.MemorySegment;

/**
 * A listpack built element by element in a reusable block, and copied to its place once it is
 * complete: a value would be resized for each element.
 */
public final class ListpackBuilder implements AutoCloseable {
  /** The most bytes that an entry takes in addition to its element. */
  public static final int MAX_OVERHEAD_BYTES = ListpackWriter.MAX_OVERHEAD_BYTES;

  private static final int FIRST_BYTES = 4 << 10;

  private final Slabs slabs;
  private final ListpackWriter writer = new ListpackWriter(Region.MEMORY);
  private long block;
  private long blockBytes;

  /** Creates a builder that takes no memory yet. */
  public ListpackBuilder(Slabs slabs) {
    this.slabs = slabs;
  }

  /** Starts a new listpack. */
  public void begin() {
    if (block == 0) {
      block = slabs.allocateFar(FIRST_BYTES);
      blockBytes = FIRST_BYTES;
    }
    writer.begin(block);
  }

  /** Starts with a copy of a listpack. */
  public void beginWith(long listpack) {
    begin();
    long bytes = Listpack.sizeBytes(Region.MEMORY, listpack);
    ensure(bytes);
    Region.copy(listpack, block, bytes);
    writer.continueAt(block);
  }

  /** Appends an element, which must not lie in this listpack. */
  public void append(MemorySegment bytes, long offset, int length) {
    ensure((long) length + MAX_OVERHEAD_BYTES);
    writer.append(bytes, offset, length);
  }

  /** Appends an element in the region, which must not lie in this listpack. */
  public void append(long address, int length) {
    append(Region.MEMORY, address, length);
  }

  /** Appends an integer. */
  public void append(long value) {
    ensure(Numbers.MAX_LONG_LENGTH);
    writer.append(value);
  }

  /** Appends a copy of an entry of another listpack in the region. */
  public void appendEntry(long entry) {
    ensure(Listpack.after(Region.MEMORY, entry) - entry);
    writer.appendEntry(Region.MEMORY, entry);
  }

  /** Makes room for more bytes and the end marker. */
  private void ensure(long moreBytes) {
    long used = writer.usedBytes();
    long most = used + moreBytes + 1;
    if (most > blockBytes) {
      long larger = slabs.allocateFar(2 * most);
      Region.copy(block, larger, used);
      slabs.free(block, blockBytes);
      block = larger;
      blockBytes = 2 * most;
      writer.moveTo(larger);
    }
  }

  /** Returns the number of elements. */
  public int count() {
    return writer.count();
  }

  /** Returns the size of the listpack if it was complete now, in bytes. */
  public long sizeBytes() {
    return writer.usedBytes() + 1;
  }

  /** Completes the listpack, to which more may be appended; returns its size in bytes. */
  public int finish() {
    return writer.finish();
  }

  /** Returns the address of the listpack, valid until more is appended. */
  public long address() {
    return block;
  }

  /** Frees the block. */
  @Override
  public void close() {
    if (block != 0) {
      slabs.free(block, blockBytes);
      block = 0;
      blockBytes = 0;
    }
  }
}
