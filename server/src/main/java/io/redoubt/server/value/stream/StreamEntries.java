package io.redoubt.server.value.stream;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;

/**
 * An iterator over the entries of a stream between two ids, forwards or backwards, without deleted
 * ones:
 *
 * <pre>{@code
 * entries.start(root, from, to, false);
 * while (entries.next()) {
 *   ... entries.id() ... entries.writeFields(reply) ...
 * }
 * }</pre>
 *
 * The stream must not change during the iteration.
 */
public final class StreamEntries {

  private final IdTree nodes;
  private final StreamId from = new StreamId();
  private final StreamId to = new StreamId();
  private final StreamId id = new StreamId();
  private boolean backwards;

  /** The tree element of the node that is searched for the next entry; 0 at the end. */
  private long element;

  private long node;

  /** The start of the next entry, or going backwards its end; 0 if the node is not opened yet. */
  private long position;

  /** The first element of the entry, and the element after its flags and id. */
  private long entry;

  private long contents;
  private boolean sameFields;

  StreamEntries(Slabs slabs) {
    nodes = new IdTree(slabs, Streams.NODE_VALUE_BYTES);
  }

  /**
   * Starts an iteration.
   *
   * @param first the lowest id of the range
   * @param last the highest id of the range
   * @param reverse true to iterate from the highest id downwards
   */
  public void start(long root, StreamId first, StreamId last, boolean reverse) {
    from.set(first);
    to.set(last);
    backwards = reverse;
    position = 0;
    nodes.pointTo(root + StreamRoot.NODES_AT);
    StreamId edge = reverse ? to : from;
    element = nodes.floor(edge.millis(), edge.sequence());
    if (element == 0 && !reverse) {
      element = nodes.first();
    }
  }

  /** Moves to the next entry; returns false at the end. */
  public boolean next() {
    while (element != 0) {
      if (position == 0) {
        node = Streams.node(element);
        position = backwards ? StreamNode.end(node) : StreamNode.firstEntry(node);
      }
      boolean found = backwards ? previousInNode() : nextInNode();
      if (found) {
        return true;
      }
      if (element != 0) {
        element = backwards ? nodes.previous() : nodes.next();
        position = 0;
      }
    }
    return false;
  }

  private boolean nextInNode() {
    long end = StreamNode.end(node);
    while (position != end) {
      boolean deleted = open(position);
      position = StreamNode.afterEntry(node, position);
      if (id.compare(to) > 0) {
        element = 0;
        return false;
      }
      if (!deleted && id.compare(from) >= 0) {
        return true;
      }
    }
    return false;
  }

  private boolean previousInNode() {
    for (long at = StreamNode.before(node, position);
        at != 0;
        at = StreamNode.before(node, position)) {
      boolean deleted = open(at);
      position = at;
      if (id.compare(from) < 0) {
        element = 0;
        return false;
      }
      if (!deleted && id.compare(to) <= 0) {
        return true;
      }
    }
    return false;
  }

  /** Reads the flags and the id of an entry; returns true if it is deleted. */
  private boolean open(long at) {
    entry = at;
    long flags = StreamNode.integer(at);
    sameFields = (flags & StreamNode.SAME_FIELDS) != 0;
    long millisAt = StreamNode.after(at);
    long sequenceAt = StreamNode.after(millisAt);
    contents = StreamNode.after(sequenceAt);
    id.set(
        IdTree.high(element) + StreamNode.integer(millisAt),
        IdTree.low(element) + StreamNode.integer(sequenceAt));
    return (flags & StreamNode.DELETED) != 0;
  }

  /** Returns the id of the entry; the object changes with the next step. */
  public StreamId id() {
    return id;
  }

  /** Returns the address of the entry's flags, needed to mark it as deleted. */
  long entry() {
    return entry;
  }

  /** Returns the tree element of the entry's node. */
  long element() {
    return element;
  }

  public int fieldCount() {
    return (int) StreamNode.integer(sameFields ? StreamNode.masterCount(node) : contents);
  }

  /** Writes the fields and values as one array. */
  public void writeFields(ReplyWriter reply) {
    reply.array(2 * fieldCount());
    writePairs(reply);
  }

  /** Writes the fields and values as separate bulk strings: field, value, ... */
  public void writePairs(ReplyWriter reply) {
    int fields = fieldCount();
    if (sameFields) {
      long field = StreamNode.after(StreamNode.masterCount(node));
      long value = contents;
      for (int i = 0; i < fields; i++) {
        write(reply, field);
        write(reply, value);
        field = StreamNode.after(field);
        value = StreamNode.after(value);
      }
    } else {
      long at = StreamNode.after(contents);
      for (int i = 0; i < 2 * fields; i++) {
        write(reply, at);
        at = StreamNode.after(at);
      }
    }
  }

  private static void write(ReplyWriter reply, long element) {
    if (Listpack.isInteger(Region.MEMORY, element)) {
      reply.bulkLong(StreamNode.integer(element));
    } else {
      reply.bulk(
          Region.MEMORY,
          Listpack.bytesAt(Region.MEMORY, element),
          Listpack.bytesLength(Region.MEMORY, element));
    }
  }
}
