package io.redoubt.server.structure.list;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.PartGate;
import org.jspecify.annotations.Nullable;

/**
 * The chain of a {@link Quicklist}'s nodes: their links, and the choice of nodes to compress. The
 * caller maintains the elements and their number. One object serves all lists of a server.
 */
final class NodeChain {

  /** The number of nodes that one step of {@link #dismantle} frees. */
  private static final int STEP_NODES = 64;

  private final Slabs slabs;
  private final QuicklistData data;
  private @Nullable PartGate gate;

  NodeChain(Slabs slabs, QuicklistData data) {
    this.slabs = slabs;
    this.data = data;
  }

  void setGate(@Nullable PartGate newGate) {
    gate = newGate;
  }

  /** Returns true if a gate is notified before nodes change. */
  boolean isGated() {
    return gate != null;
  }

  /** Notifies the gate that the elements of a node are about to change. */
  void beforeNode(long root, long node) {
    if (gate != null) {
      gate.beforeNode(root, node);
    }
  }

  private void link(long root, long before, long node, long after) {
    QuicklistNode.before(node, before);
    QuicklistNode.after(node, after);
    if (before == 0) {
      QuicklistRoot.head(root, node);
    } else {
      QuicklistNode.after(before, node);
    }
    if (after == 0) {
      QuicklistRoot.tail(root, node);
    } else {
      QuicklistNode.before(after, node);
    }
    QuicklistRoot.addNodes(root, 1);
    if (gate != null) {
      gate.onAdded(root, node);
    }
  }

  /** Links a node after another one, or at the head if that is 0. */
  void linkAfter(long root, long before, long node) {
    link(root, before, node, before == 0 ? QuicklistRoot.head(root) : QuicklistNode.after(before));
  }

  /** Unlinks a node and frees it, unless a snapshot takes it. */
  void unlink(long root, long node) {
    long before = QuicklistNode.before(node);
    long after = QuicklistNode.after(node);
    if (before == 0) {
      QuicklistRoot.head(root, after);
    } else {
      QuicklistNode.after(before, after);
    }
    if (after == 0) {
      QuicklistRoot.tail(root, before);
    } else {
      QuicklistNode.before(after, before);
    }
    QuicklistRoot.addNodes(root, -1);
    if (gate == null || !gate.takes(root, node, after)) {
      data.free(node);
    }
  }

  /**
   * Restores the compression of the node that was touched and of the nodes at the compression
   * depth.
   */
  void settle(long root, long touched) {
    int depth = QuicklistRoot.depth(root);
    if (depth == 0) {
      return;
    }
    long forward = QuicklistRoot.head(root);
    long backward = QuicklistRoot.tail(root);
    boolean nearEnd = touched == 0;
    for (int i = 0; i < depth; i++) {
      if (forward == 0) {
        return;
      }
      data.decompress(forward);
      data.decompress(backward);
      nearEnd |= forward == touched || backward == touched;
      if (forward == backward || QuicklistNode.after(forward) == backward) {
        return; // every node is near an end
      }
      forward = QuicklistNode.after(forward);
      backward = QuicklistNode.before(backward);
    }
    if (!nearEnd) {
      data.compress(touched);
    }
    // A split can push two nodes beyond the compression depth at once.
    data.compress(forward);
    if (forward != backward) {
      data.compress(QuicklistNode.after(forward));
      data.compress(QuicklistNode.before(backward));
      data.compress(backward);
    }
  }

  /** Creates a copy of the list and returns its root. */
  long copy(long root) {
    long copy = QuicklistRoot.create(slabs, QuicklistRoot.limit(root), QuicklistRoot.depth(root));
    try {
      for (long node = QuicklistRoot.head(root); node != 0; node = QuicklistNode.after(node)) {
        linkAfter(copy, QuicklistRoot.tail(copy), data.copyOf(node));
      }
    } catch (OutOfMemoryError full) {
      while (dismantle(copy)) {}
      throw full;
    }
    QuicklistRoot.addCount(copy, QuicklistRoot.count(root));
    return copy;
  }

  /** Frees part of the list; returns true if some is left. */
  boolean dismantle(long root) {
    for (int i = 0; i < STEP_NODES; i++) {
      long node = QuicklistRoot.head(root);
      if (node == 0) {
        slabs.free(root, QuicklistRoot.BYTES);
        return false;
      }
      long after = QuicklistNode.after(node);
      if (data.freeStep(node)) {
        return true;
      }
      QuicklistRoot.head(root, after);
    }
    return true;
  }

  /**
   * Returns the size of the list in bytes.
   *
   * @param samples the number of elements whose nodes are measured; 0 for all
   */
  long sizeBytes(long root, long samples) {
    long seen = 0;
    long bytes = 0;
    for (long node = QuicklistRoot.head(root); node != 0; node = QuicklistNode.after(node)) {
      bytes += data.sizeBytes(node);
      seen += QuicklistNode.count(node);
      if (samples > 0 && seen >= samples) {
        bytes = (long) ((double) bytes / seen * QuicklistRoot.count(root));
        break;
      }
    }
    return slabs.blockBytes(QuicklistRoot.BYTES) + bytes;
  }
}
