package io.redoubt.server.structure.list;

/** The position of an element of a {@link Quicklist}: the node and the index within it. */
final class NodePosition {
  private long node;
  private int index;

  long node() {
    return node;
  }

  int index() {
    return index;
  }

  /** Walks to an existing element, from the nearer end. */
  void seek(long root, long elementIndex) {
    long count = QuicklistRoot.count(root);
    if (elementIndex < count / 2) {
      long before = 0;
      long at = QuicklistRoot.head(root);
      for (int here = QuicklistNode.count(at); before + here <= elementIndex; ) {
        before += here;
        at = QuicklistNode.after(at);
        here = QuicklistNode.count(at);
      }
      node = at;
      index = (int) (elementIndex - before);
    } else {
      long at = QuicklistRoot.tail(root);
      long before = count - QuicklistNode.count(at);
      while (before > elementIndex) {
        at = QuicklistNode.before(at);
        before -= QuicklistNode.count(at);
      }
      node = at;
      index = (int) (elementIndex - before);
    }
  }
}
