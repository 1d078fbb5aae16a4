package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A long string that is passed to a visitor in the parts in which it arrives. */
final class StreamedString implements AutoCloseable {

  private final BufferMemory buffers;
  private final RdbVisitor visitor;
  private final RdbInput in;
  private final Lzf.Decompressor lzf = new Lzf.Decompressor();

  private boolean compressed;
  private long storedLeft;
  private long plainLeft;
  private BufferMemory.@Nullable Block window; // the decompressed part
  private long windowAt;

  StreamedString(BufferMemory buffers, RdbVisitor visitor, RdbInput in) {
    this.buffers = buffers;
    this.visitor = visitor;
    this.in = in;
  }

  @Override
  public void close() {
    if (window != null) {
      buffers.free(window);
      window = null;
    }
  }

  /** Starts a string after its length has been read. */
  void begin(RdbKey key, RdbString head) throws RdbException {
    storedLeft = head.storedBytes();
    plainLeft = head.plainBytes();
    compressed = head.isCompressed();
    if (compressed) {
      BufferMemory.Block out = window;
      if (out == null) {
        out = buffers.allocate(RdbReader.LARGE_STRING_BYTES + Lzf.HISTORY_BYTES);
        window = out;
      }
      windowAt = out.offset();
    }
    visitor.beginString(key, plainLeft);
  }

  /** Returns true if all parts have been passed. */
  boolean isDone() {
    return compressed ? storedLeft == 0 : plainLeft == 0;
  }

  /** Passes the next part; returns false if nothing of it has arrived. */
  boolean step() throws RdbException {
    return compressed ? compressedPart() : plainPart();
  }

  private boolean plainPart() throws RdbException {
    int part = (int) Math.min(in.available(), plainLeft);
    if (part == 0) {
      return false;
    }
    visitor.stringPart(in.memory(), in.cursor(), part);
    in.skip(part);
    in.commit();
    plainLeft -= part;
    return true;
  }

  private boolean compressedPart() throws RdbException {
    BufferMemory.Block out = window;
    if (out == null) {
      throw new IllegalStateException("no window");
    }
    if (out.end() - windowAt < Lzf.LONGEST_COPY_BYTES) {
      long history = windowAt - Lzf.HISTORY_BYTES;
      MemorySegment.copy(out.memory(), history, out.memory(), out.offset(), Lzf.HISTORY_BYTES);
      windowAt = out.offset() + Lzf.HISTORY_BYTES;
    }
    long from = in.cursor();
    long to = from + Math.min(in.available(), storedLeft);
    long limit = Math.min(out.end(), windowAt + plainLeft);
    boolean valid = lzf.run(in.memory(), from, to, out.memory(), out.offset(), windowAt, limit);
    long used = lzf.input() - from;
    int part = (int) (lzf.output() - windowAt);
    boolean stuck = used == 0 && to - from == storedLeft;
    if (!valid || stuck) {
      throw new RdbException(in.offset(), "Invalid LZF compressed string");
    }
    if (used == 0) {
      return false;
    }
    visitor.stringPart(out.memory(), windowAt, part);
    windowAt += part;
    in.skip(used);
    in.commit();
    storedLeft -= used;
    plainLeft -= part;
    if (storedLeft == 0 && plainLeft != 0) {
      throw new RdbException(in.offset(), "Invalid LZF compressed string");
    }
    return true;
  }
}
