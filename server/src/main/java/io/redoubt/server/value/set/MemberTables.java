package io.redoubt.server.value.set;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.BlockLength;
import io.redoubt.server.structure.ByteTable;
import io.redoubt.server.structure.ByteTableWalk;
import io.redoubt.server.structure.PartGate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sets encoded as tables: a member is a block of its {@link BlockLength} and its bytes. A table is
 * identified by its root, the address of its header.
 */
public final class MemberTables implements Structures {
  private static final int BUCKETS_A_STEP = 8;

  private final Slabs slabs;
  private final ByteTable table;
  private final ByteTable copy;
  private final ByteTableWalk walk;
  private final BlockConsumer freeBlock = this::freeBlock;

  MemberTables(Slabs slabs, Hash hash) {
    this.slabs = slabs;
    table = new ByteTable(slabs, hash, 0);
    copy = new ByteTable(slabs, hash, 0);
    walk = new ByteTableWalk(slabs);
  }

  public void setGate(@Nullable PartGate gate) {
    table.setGate(gate);
  }

  public static long memberAddress(long block) {
    return block + BlockLength.sizeAt(block);
  }

  /** Returns the length of the member in a block, in bytes. */
  public static int memberLength(long block) {
    return BlockLength.get(block);
  }

  /** Creates an empty table sized for the expected number of members; returns its root. */
  long create(long expected) {
    table.create();
    table.expect(expected);
    return table.header();
  }

  boolean contains(long root, long address, int length) {
    table.pointTo(root);
    return table.find(address, length) != 0;
  }

  long random(long root, RandomGenerator random) {
    table.pointTo(root);
    return table.random(random);
  }

  /** Scans some members; see {@link ByteTable#scan}. */
  long scan(long root, long cursor, BlockConsumer consumer) {
    table.pointTo(root);
    return table.scan(cursor, consumer);
  }

  /** Inserts a member; returns false if it exists already. */
  boolean insert(long root, long address, int length) {
    table.pointTo(root);
    long hash = table.hash(address, length);
    if (table.find(hash, address, length) != 0) {
      return false;
    }
    long block = slabs.allocate(BlockLength.size(length) + (long) length);
    Region.copy(address, BlockLength.put(block, length), length);
    insert(hash, block);
    return true;
  }

  /** Inserts a member that is known to be absent. */
  void insertAbsent(long root, long address, int length) {
    table.pointTo(root);
    long block = slabs.allocate(BlockLength.size(length) + (long) length);
    Region.copy(address, BlockLength.put(block, length), length);
    insert(table.hash(address, length), block);
  }

  /**
   * Inserts the entries of a listpack up to the first that exists already; returns true if none
   * does.
   */
  boolean insertAll(long root, long listpack) {
    table.pointTo(root);
    long at = Listpack.first(Region.MEMORY, listpack);
    while (at != Listpack.NONE) {
      if (!insertNew(blockOf(at))) {
        return false;
      }
      at = Listpack.next(Region.MEMORY, at);
    }
    return true;
  }

  /** Creates the block of a listpack entry's member. */
  private long blockOf(long listpackEntry) {
    int length = Listpack.textLength(Region.MEMORY, listpackEntry);
    long block = slabs.allocate(BlockLength.size(length) + (long) length);
    Listpack.copyText(Region.MEMORY, listpackEntry, Region.MEMORY, BlockLength.put(block, length));
    return block;
  }

  private boolean insertNew(long block) {
    long address = memberAddress(block);
    int length = memberLength(block);
    long hash = table.hash(address, length);
    if (table.find(hash, address, length) != 0) {
      freeBlock(block);
      return false;
    }
    insert(hash, block);
    return true;
  }

  /** Inserts a block, or frees it if the table cannot grow. */
  private void insert(long hash, long block) {
    try {
      table.insert(hash, block);
    } catch (OutOfMemoryError full) {
      freeBlock(block);
      throw full;
    }
  }

  /** Removes a member; returns false if it is absent. */
  boolean remove(long root, long address, int length) {
    table.pointTo(root);
    long hash = table.hash(address, length);
    long block = table.find(hash, address, length);
    if (block != 0) {
      table.remove(hash, block);
      freeBlock(block);
    }
    return block != 0;
  }

  /**
   * Creates a copy without {@code count} randomly chosen members, fewer than there are.
   *
   * @param left receives the block of each member that is left out
   * @return the root of the copy
   */
  long copyWithoutSome(long root, long count, RandomGenerator random, BlockConsumer left) {
    long ahead = elements(root);
    long wanted = count;
    copy.create();
    copy.expect(ahead - count);
    walk.start(root);
    try {
      for (long block = walk.next(); block != 0; block = walk.next()) {
        // Selection sampling: each member is chosen with probability wanted / ahead.
        if (random.nextLong(ahead--) < wanted) {
          wanted--;
          left.accept(block);
        } else {
          insertCopy(block);
        }
      }
    } catch (OutOfMemoryError full) {
      dropCopy();
      throw full;
    }
    return copy.header();
  }

  private void freeBlock(long block) {
    slabs.free(block, blockBytes(block));
  }

  private static long blockBytes(long block) {
    return BlockLength.sizeAt(block) + (long) BlockLength.get(block);
  }

  @Override
  public long table(long root) {
    return root;
  }

  @Override
  public boolean dismantle(long root) {
    copy.pointTo(root);
    boolean more = true;
    for (int i = 0; i < BUCKETS_A_STEP && more; i++) {
      more = copy.dismantle(freeBlock);
    }
    return more;
  }

  @Override
  public long elements(long root) {
    copy.pointTo(root);
    return copy.size();
  }

  @Override
  public long copy(long root) {
    long count = elements(root);
    copy.create();
    copy.expect(count);
    walk.start(root);
    try {
      for (long block = walk.next(); block != 0; block = walk.next()) {
        insertCopy(block);
      }
    } catch (OutOfMemoryError full) {
      dropCopy();
      throw full;
    }
    return copy.header();
  }

  private void insertCopy(long block) {
    long bytes = blockBytes(block);
    long twin = slabs.allocate(bytes);
    Region.copy(block, twin, bytes);
    try {
      copy.insert(copy.hash(memberAddress(twin), memberLength(twin)), twin);
    } catch (OutOfMemoryError full) {
      freeBlock(twin);
      throw full;
    }
  }

  private void dropCopy() {
    long root = copy.header();
    while (dismantle(root)) {}
  }

  @Override
  public long sizeBytes(long root, long samples) {
    copy.pointTo(root);
    long count = copy.size();
    long looked = 0;
    long bytes = 0;
    walk.start(root);
    for (long block = walk.next(); block != 0; block = walk.next()) {
      bytes += slabs.blockBytes(blockBytes(block));
      if (++looked == samples) {
        break;
      }
    }
    return slabs.blockBytes(ByteTable.HEADER_BYTES)
        + copy.bucketBytes()
        + (looked == 0 ? 0 : bytes * count / looked);
  }
}
