package io.redoubt.server.structure;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * Goes through the elements of a list, a listpack or a {@link Quicklist}, in either direction. The
 * list must not change while it is open. {@link #close} it afterwards: nodes that are compressed
 * are read from a block of its own.
 */
public final class ListCursor implements AutoCloseable {

  private final Slabs slabs;
  private final NodeData data;
  private final NodePosition position = new NodePosition();
  private long node;

  /** The listpack, or the element if it is a plain one. */
  private long start;

  /** The element in the listpack. */
  private long entry;

  private int plainLength;
  private boolean plain;
  private long scratch;
  private int scratchBytes;

  /** A cursor that is not on any list. */
  public ListCursor(Slabs slabs) {
    this.slabs = slabs;
    data = new NodeData(slabs);
  }

  /** Goes to an element of a listpack; false when there is none of that index. */
  public boolean openListpack(long listpack, long index) {
    node = 0;
    plain = false;
    start = listpack;
    entry =
        (int) index == index ? Listpack.at(Region.MEMORY, listpack, (int) index) : Listpack.NONE;
    return entry != Listpack.NONE;
  }

  /**
   * Goes to an element of a quicklist; false when there is none of that index.
   *
   * @param index from 0 for the first, from -1 downwards for those from the end
   */
  public boolean openQuicklist(long root, long index) {
    long count = QuicklistRoot.count(root);
    long wanted = index < 0 ? index + count : index;
    if (wanted < 0 || wanted >= count) {
      return false;
    }
    position.seek(root, wanted);
    enter(position.node(), position.index());
    return true;
  }

  private void enter(long newNode, int index) {
    node = newNode;
    plain = QuicklistNode.isPlain(node);
    start = QuicklistNode.data(node);
    if (QuicklistNode.isCompressed(node)) {
      start = scratch(QuicklistNode.sizeBytes(node));
      data.decompressTo(node, start);
    }
    if (plain) {
      plainLength = QuicklistNode.sizeBytes(node);
    } else {
      entry = Listpack.at(Region.MEMORY, start, index);
    }
  }

  private long scratch(int bytes) {
    if (bytes > scratchBytes) {
      close();
      scratch = slabs.allocateFar(bytes);
      scratchBytes = bytes;
    }
    return scratch;
  }

  /** Goes to the next element; false when there is none. */
  public boolean next() {
    if (!plain) {
      long next = Listpack.next(Region.MEMORY, entry);
      if (next != Listpack.NONE) {
        entry = next;
        return true;
      }
    }
    long after = node == 0 ? 0 : QuicklistNode.after(node);
    if (after == 0) {
      return false;
    }
    enter(after, 0);
    return true;
  }

  /** Goes to the element before; false when there is none. */
  public boolean previous() {
    if (!plain) {
      long previous = Listpack.previous(Region.MEMORY, start, entry);
      if (previous != Listpack.NONE) {
        entry = previous;
        return true;
      }
    }
    long before = node == 0 ? 0 : QuicklistNode.before(node);
    if (before == 0) {
      return false;
    }
    enter(before, QuicklistNode.count(before) - 1);
    return true;
  }

  /** Whether the element is held as a whole number, which {@link #integer} tells. */
  public boolean isInteger() {
    return !plain && Listpack.isInteger(Region.MEMORY, entry);
  }

  /** The whole number that the element is. */
  public long integer() {
    return Listpack.integer(Region.MEMORY, entry);
  }

  /** Where the bytes of an element are that is not held as a number. */
  public long address() {
    return plain ? start : Listpack.bytesAt(Region.MEMORY, entry);
  }

  /** How many bytes an element has that is not held as a number. */
  public int length() {
    return plain ? plainLength : Listpack.bytesLength(Region.MEMORY, entry);
  }

  /** How many bytes the element has, in decimal if it is held as a number. */
  public int textLength() {
    return plain ? plainLength : Listpack.textLength(Region.MEMORY, entry);
  }

  /** Copies the bytes of the element, in decimal if it is held as a number. */
  public void copyText(long target) {
    if (plain) {
      Region.copy(start, target, plainLength);
    } else {
      Listpack.copyText(Region.MEMORY, entry, Region.MEMORY, target);
    }
  }

  /** Whether the element is these bytes. */
  public boolean isEqual(long address, int length) {
    return plain
        ? plainLength == length && Region.equal(start, address, length)
        : Listpack.equal(Region.MEMORY, entry, Region.MEMORY, address, length);
  }

  /** Gives back what was needed for compressed nodes. */
  @Override
  public void close() {
    if (scratchBytes > 0) {
      slabs.free(scratch, scratchBytes);
      scratchBytes = 0;
    }
  }
}
