package io.redoubt.server.structure;

/**
 * Is told which part of a large value is about to change, while a snapshot saves such values part
 * by part: the last moment at which the part is as it was. Nothing may be changed in it.
 *
 * <p>A part of a table is what belongs to one hash, a part of a list or stream is a node, one of a
 * consumer group an entry that is pending. Only values that the snapshot has taken note of matter
 * to it; of others it hears in vain.
 */
public interface PartGate {

  /** An element is about to be added to a table, changed in it or removed from it. */
  void beforeElement(long table, long hash);

  /** The elements of a list's node are about to change. */
  void beforeNode(long list, long node);

  /** A node has been added to a list. */
  void added(long list, long node);

  /**
   * A node has left a list.
   *
   * @param after the node that came after it, 0 for none
   * @return whether the node is the snapshot's now, which will free it
   */
  boolean takes(long list, long node, long after);

  /**
   * A node of a stream is about to change or go.
   *
   * @param element the element of the stream's tree that has the node
   */
  void beforeStreamNode(long stream, long element);

  /** What is pending in a consumer group is about to change as to one id. */
  void beforePending(long group, long high, long low);

  /**
   * A consumer group has left its stream.
   *
   * @return whether it is the snapshot's now, which will free it
   */
  boolean takesGroup(long group);
}
