package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;

/**
 * Reads the value of a payload that {@link DumpPayload#isValid} and passes it to a visitor, with an
 * empty key. A collection is read in steps of an element or a node, so that the caller may do other
 * work in between; the payload must stay in place meanwhile. A reader can be opened again after it
 * has read a value to its end and was closed.
 */
public final class PayloadReader implements AutoCloseable {
  private static final String SHORT = "Short read: the data ends too early";

  private final RdbInput in = new RdbInput(MemorySegment.NULL, 0, 0);
  private final RdbKey noKey = new RdbKey();
  private final RdbValueVisitor visitor;
  private final RdbString string;
  private final CollectionReader collection;
  private RdbType type = RdbType.STRING;
  private boolean started;

  /**
   * Creates a reader.
   *
   * @param lzf decompresses strings; it may be shared with other readers of this thread
   */
  public PayloadReader(BufferMemory buffers, Lzf.Decompressor lzf, RdbValueVisitor visitor) {
    this.visitor = visitor;
    string = new RdbString(buffers, lzf);
    collection = new CollectionReader(buffers, lzf, visitor, in);
  }

  /**
   * Starts at the beginning of a value.
   *
   * @throws RdbException if the payload has no value, or one of an unknown type
   */
  public void open(MemorySegment memory, long offset, long length) throws RdbException {
    long valueBytes = length - DumpPayload.FOOTER_BYTES;
    in.open(memory, offset, valueBytes);
    started = false;
    if (valueBytes <= 0) {
      throw new RdbException(0, SHORT);
    }
    type = RdbType.known(in.readByte(), 0);
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
    requireEnd();
    return false;
  }

  /**
   * Checks that the parts read so far are all of the payload.
   *
   * @throws RdbException if they are not
   */
  public void requireEnd() throws RdbException {
    if (in.available() != 0) {
      throw new RdbException(in.offset(), "Bytes behind the value");
    }
  }

  private void readString() throws RdbException {
    if (!string.read(in)) {
      throw new RdbException(in.offset(), SHORT);
    }
    if (in.available() == 0) {
      if (string.isInteger()) {
        visitor.integer(noKey, string.number());
      } else {
        RdbBytes bytes = string.plain(1);
        visitor.string(noKey, bytes.memory(), bytes.offset(), bytes.length());
      }
    }
  }

  private boolean readPart() throws RdbException {
    try {
      boolean whole;
      if (started) {
        in.commit();
        whole = collection.step();
      } else {
        started = true;
        whole = collection.begin(type, noKey);
      }
      if (!whole) {
        throw new RdbException(in.offset(), SHORT);
      }
      return !collection.isDone();
    } catch (RdbException e) {
      throw e.in(in.consumedBytes(), " (" + type.description() + ")");
    }
  }

  /** Frees the memory of decoded strings. */
  @Override
  public void close() {
    string.close();
    collection.close();
  }
}
