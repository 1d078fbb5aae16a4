package io.redoubt.server.structure;

import io.redoubt.server.memory.Slabs;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a {@link Quicklist} as a whole: how they are linked and which of them are
 * compressed. What is in them is the caller's, with the number of elements. One object works on all
 * lists of a server.
 */
final class NodeChain {

  /** What {@link #dismantle} frees at once. */
  private static final int STEP_NODES = 64;

  private final Slabs slabs;
  private final NodeData data;
  private @Nullable PartGate gate;

  NodeChain(Slabs slabs, NodeData data) {
    this.slabs = slabs;
    this.data = data;
  }

  void gate(@Nullable PartGate told) {
    gate = told;
  }

  /** Whether anybody is told before nodes change. */
  boolean isGated() {
    return gate != null;
  }

  /** The elements of a node are about to change. */
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
      gate.added(root, node);
    }
  }

  /** Puts a node behind another one, 0 for the beginning. */
  void linkAfter(long root, long before, long node) {
    link(root, before, node, before == 0 ? QuicklistRoot.head(root) : QuicklistNode.after(before));
  }

  /** Takes a node out, which then is freed, unless a snapshot takes it. */
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
   * Compresses what is to be, and only that: the node that was touched, and those at the border.
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
        return; // all are near an end
      }
      forward = QuicklistNode.after(forward);
      backward = QuicklistNode.before(backward);
    }
    if (!nearEnd) {
      data.compress(touched);
    }
    // A split can push two nodes over the border at once.
    data.compress(forward);
    if (forward != backward) {
      data.compress(QuicklistNode.after(forward));
      data.compress(QuicklistNode.before(backward));
      data.compress(backward);
    }
  }

  /** Makes a copy of the list and returns its root. */
  long copy(long root) {
    long copy = QuicklistRoot.create(slabs, QuicklistRoot.limit(root), QuicklistRoot.depth(root));
    for (long node = QuicklistRoot.head(root); node != 0; node = QuicklistNode.after(node)) {
      linkAfter(copy, QuicklistRoot.tail(copy), data.copyOf(node));
    }
    QuicklistRoot.addCount(copy, QuicklistRoot.count(root));
    return copy;
  }

  /** Frees the list by a step; whether something of it is left. */
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
   * How many bytes the list takes.
   *
   * @param samples of how many elements to look at the nodes; 0 for all
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
