package io.redoubt.server.keyspace;

/**
 * The parts of a value outside of its entry, which are freed after the entry has got another value:
 * the change allocates first, and if that fails for lack of memory, nothing has changed. One object
 * serves all changes of a keyspace, one at a time.
 */
public final class OldValue {
  private final Garbage garbage;
  private int encoding;
  private Type type = Type.STRING;
  private long address;
  private long sizeBytes;

  OldValue(Garbage garbage) {
    this.garbage = garbage;
  }

  /** Records the parts of an entry's value. */
  OldValue of(long entry) {
    encoding = Entry.encoding(entry);
    type = Entry.type(entry);
    long payload = Entry.payloadAddress(entry);
    if (Encoding.ownsBlock(encoding)) {
      address = OwnBlock.block(payload);
      sizeBytes = OwnBlock.blockBytes(payload);
    } else if (Encoding.isStructure(encoding)) {
      address = Entry.root(entry);
    }
    return this;
  }

  /** Frees them, immediately or, if they are large, later. */
  public void free() {
    if (Encoding.ownsBlock(encoding)) {
      garbage.freeBlock(address, sizeBytes);
    } else if (Encoding.isStructure(encoding)) {
      garbage.freeStructure(type, address);
    }
  }
}
