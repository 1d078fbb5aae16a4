package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.OwnBlock;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A large string in a block of its own, written piece by piece from the start. Pieces about to be
 * overwritten are copied; the copies are kept until the walk reaches them.
 */
public final class LargeString extends LargeValue {

  private static final int PIECE_BYTES = 1 << 16;

  private final Slabs slabs;
  private final LongConsumer aside;
  private final int length;
  private final long address;
  private final long blockBytes;

  /** The copies by the number of the piece. */
  private final Map<Integer, Long> copies = new HashMap<>();

  /** The next piece to write. */
  private int next;

  public LargeString(
      int database, long entry, RdbKey key, Slabs slabs, RecordOutput out, LongConsumer aside) {
    super(database, Type.STRING, OwnBlock.block(Entry.payloadAddress(entry)), out);
    this.slabs = slabs;
    this.aside = aside;
    length = OwnBlock.length(Entry.payloadAddress(entry));
    address = OwnBlock.address(Entry.payloadAddress(entry));
    blockBytes = OwnBlock.blockBytes(Entry.payloadAddress(entry));
    record.beginString(key, length);
  }

  private int pieceBytes(int piece) {
    return Math.min(PIECE_BYTES, length - piece * PIECE_BYTES);
  }

  private long address(int piece) {
    return address + (long) piece * PIECE_BYTES;
  }

  @Override
  void beforeBytes(long from, long to) {
    long end = Math.min(to, length);
    for (int piece = Math.max(next, (int) (from / PIECE_BYTES));
        (long) piece * PIECE_BYTES < end;
        piece++) {
      if (!copies.containsKey(piece)) {
        int bytes = pieceBytes(piece);
        long copy = slabs.allocateFar(bytes);
        Region.copy(address(piece), copy, bytes);
        aside.accept(bytes);
        copies.put(piece, copy);
      }
    }
  }

  @Override
  boolean step() {
    Long copy = copies.remove(next);
    int bytes = pieceBytes(next);
    record.stringPart(Region.MEMORY, copy == null ? address(next) : copy, bytes);
    if (copy != null) {
      free(copy, bytes);
    }
    next++;
    return (long) next * PIECE_BYTES < length;
  }

  private void free(long copy, int bytes) {
    aside.accept(-bytes);
    slabs.free(copy, bytes);
  }

  @Override
  void freeKept(Keyspace keyspace) {
    keyspace.freeBlock(root(), blockBytes);
  }

  @Override
  public void close() {
    copies.forEach((piece, copy) -> free(copy, pieceBytes(piece)));
    copies.clear();
    super.close();
  }
}
