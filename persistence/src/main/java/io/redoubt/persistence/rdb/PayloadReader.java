package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads the value of a payload that {@link DumpPayload#isValid} and passes it to a visitor, with an
 * empty key. A collection is read in steps of an element or a node, so that the caller may do other
 * work in between; the payload must stay in place meanwhile.
 */
public final class PayloadReader implements AutoCloseable {
  private static final String SHORT = "Short read: the data ends too early";

  private final RdbInput in;
  private final RdbType type;
  private final RdbValueVisitor visitor;
  private final BufferMemory buffers;
  private final Lzf.Decompressor lzf;
  private @Nullable CollectionReader collection;

  /**
   * Creates a reader at the start of a value.
   *
   * @param lzf decompresses strings; it may be shared with other readers of this thread
   * @throws RdbException if the payload has no value, or one of an unknown type
   */
  public PayloadReader(
      MemorySegment memory,
      long offset,
      long length,
      BufferMemory buffers,
      Lzf.Decompressor lzf,
      RdbValueVisitor visitor)
      throws RdbException {
    long valueBytes = length - DumpPayload.FOOTER_BYTES;
    in = new RdbInput(memory, offset, valueBytes);
    in.setTotalBytes(valueBytes);
    if (valueBytes <= 0) {
      throw new RdbException(0, SHORT);
    }
    type = RdbType.known(in.readByte(), 0);
    this.visitor = visitor;
    this.buffers = buffers;
    this.lzf = lzf;
  }

  /**
   * Reads a string, the head of a collection, or its next element or node.
   *
   * @return true if more of the value is left
   * @throws RdbException if the value is corrupt or of an unsupported type, or if the visitor
   *     refuses it; a part of a collection may have been passed by then
   */
  public boolean step() throws RdbException {
    if (type == RdbType.STRING) {
      readString();
    } else if (readPart()) {
      return true;
    }
    if (in.available() != 0) {
      throw new RdbException(in.offset(), "Bytes behind the value");
    }
    return false;
  }

  private void readString() throws RdbException {
    try (RdbString value = new RdbString(buffers, lzf)) {
      if (!value.read(in)) {
        throw new RdbException(in.offset(), SHORT);
      }
      if (in.available() == 0) {
        if (value.isInteger()) {
          visitor.integer(new RdbKey(), value.number());
        } else {
          RdbBytes bytes = value.plain(1);
          visitor.string(new RdbKey(), bytes.memory(), bytes.offset(), bytes.length());
        }
      }
    }
  }

  private boolean readPart() throws RdbException {
    try {
      CollectionReader reader = collection;
      boolean whole;
      if (reader == null) {
        reader = new CollectionReader(buffers, lzf, visitor, in);
        collection = reader;
        whole = reader.begin(type, new RdbKey());
      } else {
        in.commit();
        whole = reader.step();
      }
      if (!whole) {
        throw new RdbException(in.offset(), SHORT);
      }
      return !reader.isDone();
    } catch (RdbException e) {
      throw e.in(in.consumedBytes(), " (" + type.description() + ")");
    }
  }

  @Override
  public void close() {
    if (collection != null) {
      collection.close();
    }
  }
}
