package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import java.util.List;

/**
 * A large value being written part by part, from {@link LargeValues#add} until it is complete.
 * {@link #step} writes the parts in order; a part about to change is written ahead of the order or
 * kept aside.
 */
abstract class LargeValue implements AutoCloseable {

  private final int database;
  private final Type type;
  private final long root;
  private final RecordOutput out;
  private boolean kept;

  /** The writer of the record. */
  final RdbWriter record;

  LargeValue(int database, Type type, long root, RecordOutput out) {
    this.database = database;
    this.type = type;
    this.root = root;
    this.out = out;
    this.record =
        new RdbWriter(out, false, out.buffers()).version(RdbFormat.NEWEST_VERSION).plain();
  }

  final int database() {
    return database;
  }

  final Type type() {
    return type;
  }

  final long root() {
    return root;
  }

  final RecordOutput out() {
    return out;
  }

  /** Returns the addresses by which gates identify the value: the root by default. */
  List<Long> gateAddresses() {
    return List.of(root);
  }

  /** Takes ownership of a structure to which nothing else refers any more. */
  final void keep() {
    kept = true;
  }

  final boolean isKept() {
    return kept;
  }

  /**
   * Writes some parts, about 20 µs of work, between commands.
   *
   * @return false when the value is complete
   */
  abstract boolean step() throws RdbException;

  /** Called before an element of a table is added, changed or removed. */
  void beforeElement(long hash) {
    throw new IllegalStateException();
  }

  /** Called before the elements of a list node change. */
  void beforeNode(long node) {
    throw new IllegalStateException();
  }

  /** Called after a node was added to a list. */
  void onAdded(long node) {
    throw new IllegalStateException();
  }

  /** Called when a node leaves a list; returns true if this value now owns it. */
  boolean takes(long node, long after) {
    throw new IllegalStateException();
  }

  /** Called before a node of a stream changes or leaves. */
  void beforeStreamNode(long element) {
    throw new IllegalStateException();
  }

  /** Called before a pending entry of a group changes. */
  void beforePending(long group, long high, long low) {
    throw new IllegalStateException();
  }

  /** Called when a group leaves a stream; returns true if this value now owns it. */
  boolean takesGroup(long group) {
    throw new IllegalStateException();
  }

  /** Called before bytes of a string are overwritten. */
  void beforeBytes(long from, long to) {
    throw new IllegalStateException();
  }

  /** Frees a value to which nothing else refers any more. */
  void freeKept(Keyspace keyspace) {
    keyspace.freeStructure(type, root);
  }

  /** Frees the buffers, whether or not the value is complete. */
  @Override
  public void close() {
    record.close();
    out.close();
  }
}
