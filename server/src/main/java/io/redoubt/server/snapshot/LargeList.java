package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.Quicklist;
import io.redoubt.server.structure.QuicklistNode;
import io.redoubt.server.structure.QuicklistRoot;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A large list: written node by node from the first on. A node has the snapshot's number when it
 * has been written, has been kept aside, or is new.
 *
 * <p>What is kept aside, a copy of a node that was about to change or a node that has left the
 * list, waits in a chain at the place where it stood: before a node that is in the list, or behind
 * the last one. When the walk comes to a place, it writes the chain there, then the node itself
 * unless it has the number. When a node leaves, its chain and itself go before the chain of the
 * next one.
 */
final class LargeList extends LargeValue {

  private static final int NODES_A_STEP = 4;
  private static final int LOOKS_A_STEP = 256;

  /** Nodes aside, each but the last with the next one behind it. */
  private static final class Chain {
    private long first;
    private long last;

    Chain(long node) {
      first = node;
      last = node;
      Quicklist.chain(node, 0);
    }

    void add(Chain other) {
      Quicklist.chain(last, other.first);
      last = other.last;
    }
  }

  private final Quicklist quicklists;
  private final ListNodeExport nodes;
  private final LongConsumer aside;
  private final int number;
  private final Map<Long, Chain> chains = new HashMap<>();

  /** The place that the walk has come to: a node that is in the list, or 0 for behind the last. */
  private long place;

  LargeList(
      int database,
      long entry,
      RdbKey key,
      Slabs slabs,
      int number,
      RecordOutput out,
      LongConsumer aside) {
    super(database, Type.LIST, Entry.root(entry), out);
    this.quicklists = new Quicklist(slabs);
    this.nodes = new ListNodeExport(slabs);
    this.number = number;
    this.aside = aside;
    place = QuicklistRoot.head(root());
    record.beginList(key, RdbType.LIST_QUICKLIST_2, QuicklistRoot.nodes(root()));
  }

  private boolean isMissing(long node) {
    return QuicklistNode.snapshot(node) != number;
  }

  @Override
  boolean beforeNode(long node) {
    if (!isMissing(node)) {
      return false;
    }
    QuicklistNode.snapshot(node, number);
    long copy = quicklists.copyNode(node);
    aside.accept(QuicklistNode.storedBytes(copy));
    chains.merge(node, new Chain(copy), LargeList::joined);
    return true;
  }

  private static Chain joined(Chain chain, Chain behind) {
    chain.add(behind);
    return chain;
  }

  @Override
  void added(long node) {
    QuicklistNode.snapshot(node, number);
  }

  @Override
  boolean takes(long node, long after) {
    Chain chain = chains.remove(node);
    boolean taken = isMissing(node);
    if (taken) {
      Chain alone = new Chain(node);
      aside.accept(QuicklistNode.storedBytes(node));
      chain = chain == null ? alone : joined(chain, alone);
    }
    if (chain != null) {
      Chain behind = chains.get(after);
      chains.put(after, behind == null ? chain : joined(chain, behind));
    }
    if (place == node) {
      place = after;
    }
    return taken;
  }

  @Override
  boolean step() throws RdbException {
    int left = NODES_A_STEP;
    for (int i = 0; i < LOOKS_A_STEP && left > 0; i++) {
      Chain chain = chains.get(place);
      if (chain != null) {
        writeFirst(chain);
        left--;
      } else if (place == 0) {
        return false;
      } else {
        if (isMissing(place)) {
          QuicklistNode.snapshot(place, number);
          nodes.tell(place, record);
          left--;
        }
        place = QuicklistNode.after(place);
      }
    }
    return true;
  }

  private void writeFirst(Chain chain) throws RdbException {
    long node = chain.first;
    if (node == chain.last) {
      chains.remove(place);
    } else {
      chain.first = QuicklistNode.after(node);
    }
    nodes.tell(node, record);
    free(node);
  }

  private void free(long node) {
    aside.accept(-QuicklistNode.storedBytes(node));
    quicklists.freeNode(node);
  }

  @Override
  public void close() {
    for (Chain chain : chains.values()) {
      long node = chain.first;
      while (node != chain.last) {
        long next = QuicklistNode.after(node);
        free(node);
        node = next;
      }
      free(node);
    }
    chains.clear();
    super.close();
  }
}
