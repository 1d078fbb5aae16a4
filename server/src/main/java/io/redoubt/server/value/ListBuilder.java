package io.redoubt.server.value;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.ListpackBuilder;

/**
 * A list built from its head to its tail before it becomes the value of a key: started by {@link
 * #begin}, finished by {@link #store} or {@link #abandon}.
 */
public final class ListBuilder implements AutoCloseable {
  private final Lists lists;
  private final Keyspace keyspace;
  private final ListpackBuilder listpack;

  /** The quicklist once the list is too large for a listpack, or 0. */
  private long root;

  private long count;

  ListBuilder(Lists lists, Keyspace keyspace) {
    this.lists = lists;
    this.keyspace = keyspace;
    listpack = new ListpackBuilder(keyspace.slabs());
  }

  /** Starts a list. */
  public void begin() {
    abandon(); // of a command that found no memory
    listpack.begin();
    count = 0;
  }

  /** Appends an element. */
  public void add(long address, int length) {
    if (root == 0 && lists.exceedsLimit(listpack.sizeBytes() + length, count + 1)) {
      root = lists.newQuicklist();
      if (listpack.count() > 0) {
        listpack.finish();
        lists.quicklists().addPacked(root, listpack.address());
      }
    }
    if (root == 0) {
      listpack.append(Region.MEMORY, address, length);
    } else {
      lists.quicklists().pushTail(root, address, length);
    }
    count++;
  }

  /** Returns the number of elements. */
  public long count() {
    return count;
  }

  /** Makes the list, which must not be empty, the value of a key, replacing any other. */
  public void store(Database database, long key, int keyLength) {
    if (root != 0) {
      long entry =
          database.replace(key, keyLength, Type.LIST, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
      Region.putLong(Entry.payloadAddress(entry), root);
      root = 0;
      return;
    }
    int bytes = listpack.finish();
    long entry = PackedValue.putListpack(database, key, keyLength, Type.LIST, bytes);
    Region.copy(listpack.address(), PackedValue.address(entry), bytes);
  }

  /** Discards an unfinished list, which is freed later if it is large. */
  public void abandon() {
    if (root != 0) {
      keyspace.freeStructure(Type.LIST, root);
      root = 0;
    }
  }

  /** Frees the buffer. */
  @Override
  public void close() {
    abandon();
    listpack.close();
  }
}
