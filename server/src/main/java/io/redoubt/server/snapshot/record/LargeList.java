package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.export.ListNodeExport;
import io.redoubt.server.structure.list.Quicklist;
import io.redoubt.server.structure.list.QuicklistNode;
import io.redoubt.server.structure.list.QuicklistRoot;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A large list, written node by node from the head. A node carries the snapshot's number once it is
 * written or kept aside, or if it is new.
 *
 * <p>Nodes kept aside, copies of nodes about to change and nodes that have left the list, wait in a
 * chain at their former position: before a node that is in the list, or after the last one. At each
 * position, the walk writes the chain, then the node itself unless it carries the number. When a
 * node leaves, its chain and the node itself are inserted before the chain of the next node.
 *
 * <p>A chain is a ring, identified by its last node: each node links to the next one, and the last
 * one to the first.
 */
public final class LargeList extends LargeValue {

  private static final int NODES_A_STEP = 4;
  private static final int LOOKS_A_STEP = 256;

  private final Quicklist quicklists;
  private final ListNodeExport nodes;
  private final LongConsumer aside;
  private final int number;

  /** The last node of the chain at a position. */
  private final Map<Long, Long> chains = new HashMap<>();

  /** The position of the walk: a node in the list, or 0 for the position after the last. */
  private long place;

  public LargeList(
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
  void beforeNode(long node) {
    if (!isMissing(node)) {
      return;
    }
    QuicklistNode.setSnapshot(node, number);
    long copy = quicklists.copyNode(node);
    aside.accept(QuicklistNode.storedBytes(copy));
    chains.put(node, joined(chains.get(node), ring(copy)));
  }

  /** Turns a node into a chain. */
  private static Long ring(long node) {
    Quicklist.chain(node, node);
    return node;
  }

  /** Appends a chain to another one, which may be null. */
  private static Long joined(@Nullable Long chain, Long behind) {
    if (chain != null) {
      long first = QuicklistNode.after(chain);
      Quicklist.chain(chain, QuicklistNode.after(behind));
      Quicklist.chain(behind, first);
    }
    return behind;
  }

  @Override
  void onAdded(long node) {
    QuicklistNode.setSnapshot(node, number);
  }

  @Override
  public boolean takes(long node, long after) {
    Long chain = chains.remove(node);
    boolean taken = isMissing(node);
    if (taken) {
      aside.accept(QuicklistNode.storedBytes(node));
      chain = joined(chain, ring(node));
    }
    if (chain != null) {
      Long behind = chains.get(after);
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
      Long chain = chains.get(place);
      if (chain != null) {
        writeFirst(chain);
        left--;
      } else if (place == 0) {
        return false;
      } else {
        if (isMissing(place)) {
          QuicklistNode.setSnapshot(place, number);
          nodes.export(place, record);
          left--;
        }
        place = QuicklistNode.after(place);
      }
    }
    return true;
  }

  private void writeFirst(long chain) throws RdbException {
    long node = QuicklistNode.after(chain);
    if (node == chain) {
      chains.remove(place);
    } else {
      Quicklist.chain(chain, QuicklistNode.after(node));
    }
    nodes.export(node, record);
    free(node);
  }

  private void free(long node) {
    aside.accept(-QuicklistNode.storedBytes(node));
    quicklists.freeNode(node);
  }

  @Override
  public void close() {
    for (long chain : chains.values()) {
      long node = QuicklistNode.after(chain);
      while (node != chain) {
        long next = QuicklistNode.after(node);
        free(node);
        node = next;
      }
      free(chain);
    }
    chains.clear();
    super.close();
  }
}
