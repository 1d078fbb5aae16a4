package io.redoubt.server.structure.list;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * A cursor over the elements of a list, a listpack or a {@link Quicklist}, in either direction. The
 * list must not change while the cursor is open. The cursor must be closed, because it decompresses
 * nodes into a block of its own.
 */
public final class ListCursor implements AutoCloseable {

  private final Slabs slabs;
  private final QuicklistData data;
  private final NodePosition position = new NodePosition();
  private long node;

  /** The listpack, or the element of a plain node. */
  private long start;

  private long entry;

  private int plainLength;
  private boolean plain;
  private long scratch;
  private int scratchBytes;

  /** Creates a cursor that is not on a list. */
  public ListCursor(Slabs slabs) {
    this.slabs = slabs;
    data = new QuicklistData(slabs);
  }

  /** Moves to an element of a listpack; returns false if there is none at that index. */
  public boolean openListpack(long listpack, long index) {
    node = 0;
    plain = false;
    start = listpack;
    entry =
        (int) index == index ? Listpack.at(Region.MEMORY, listpack, (int) index) : Listpack.NONE;
    return entry != Listpack.NONE;
  }

  /**
   * Moves to an element of a quicklist; returns false if there is none at that index.
   *
   * @param index counted from 0 at the head, or from -1 downwards at the tail
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

  /** Moves to the next element; returns false if there is none. */
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

  /** Moves to the previous element; returns false if there is none. */
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

  /** Returns true if the element is encoded as an integer, see {@link #integer}. */
  public boolean isInteger() {
    return !plain && Listpack.isInteger(Region.MEMORY, entry);
  }

  /** Returns the integer that the element encodes. */
  public long integer() {
    return Listpack.integer(Region.MEMORY, entry);
  }

  /** Returns the address of the bytes of an element that is not encoded as an integer. */
  public long address() {
    return plain ? start : Listpack.bytesAt(Region.MEMORY, entry);
  }

  /** Returns the length of an element that is not encoded as an integer. */
  public int length() {
    return plain ? plainLength : Listpack.bytesLength(Region.MEMORY, entry);
  }

  /** Returns the length of the element, in decimal if it is encoded as an integer. */
  public int textLength() {
    return plain ? plainLength : Listpack.textLength(Region.MEMORY, entry);
  }

  /** Copies the bytes of the element, in decimal if it is encoded as an integer. */
  public void copyText(long target) {
    if (plain) {
      Region.copy(start, target, plainLength);
    } else {
      Listpack.copyText(Region.MEMORY, entry, Region.MEMORY, target);
    }
  }

  /** Returns true if the element equals the given bytes. */
  public boolean isEqual(long address, int length) {
    return plain
        ? plainLength == length && Region.equal(start, address, length)
        : Listpack.equal(Region.MEMORY, entry, Region.MEMORY, address, length);
  }

  /** Frees the block for decompressed nodes. */
  @Override
  public void close() {
    if (scratchBytes > 0) {
      slabs.free(scratch, scratchBytes);
      scratchBytes = 0;
    }
  }
}
