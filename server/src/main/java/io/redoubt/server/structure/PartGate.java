package io.redoubt.server.structure;

/**
 * A listener for changes to parts of large values, while a snapshot saves such values part by part.
 * Each call is the last moment at which the part has its old contents, the pre-image.
 * Implementations must not change any data.
 *
 * <p>A part of a table is the elements of one hash, a part of a list or stream is a node, a part of
 * a consumer group is a pending entry. It is called for every value; a snapshot ignores values that
 * it has not registered.
 */
public interface PartGate {

  /** Called before an element is added to a table, changed in it or removed from it. */
  void beforeElement(long table, long hash);

  /** Called before the elements of a list's node change. */
  void beforeNode(long list, long node);

  /** Called after a node was added to a list. */
  void onAdded(long list, long node);

  /**
   * Called after a node was unlinked from a list.
   *
   * @param after the node that followed it, 0 for none
   * @return true if the snapshot takes ownership of the node and will free it
   */
  boolean takes(long list, long node, long after);

  /**
   * Called before a node of a stream changes or is removed.
   *
   * @param element the element of the stream's tree that holds the node
   */
  void beforeStreamNode(long stream, long element);

  /** Called before the pending entry of an id changes in a consumer group. */
  void beforePending(long group, long high, long low);

  /**
   * Called after a consumer group was removed from its stream.
   *
   * @return true if the snapshot takes ownership of the group and will free it
   */
  boolean takesGroup(long group);
}
