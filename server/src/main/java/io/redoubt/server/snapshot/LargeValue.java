package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import java.util.List;

/**
 * A large value on its way into a snapshot, part by part: what {@link LargeValues} has taken note
 * of and has not written to its end. Its parts are written by {@link #step} in an order of its own,
 * or ahead of that when they are about to change.
 */
abstract class LargeValue implements AutoCloseable {

  private final int database;
  private final Type type;
  private final long root;
  private final RecordOutput out;
  private boolean kept;

  /** Writes the record; everything else of it than its bytes' way is nobody's business. */
  final RdbWriter record;

  LargeValue(int database, Type type, long root, RecordOutput out) {
    this.database = database;
    this.type = type;
    this.root = root;
    this.out = out;
    this.record =
        new RdbWriter(out, false, out.buffers()).version(RdbFormat.NEWEST_VERSION).plain();
  }

  /** The database that it was in at the start. */
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

  /** By what addresses gates tell of it: the root, if not said otherwise. */
  List<Long> gateAddresses() {
    return List.of(root);
  }

  /** Nothing refers to the structure any more but this. */
  final void keep() {
    kept = true;
  }

  final boolean isKept() {
    return kept;
  }

  /**
   * Writes some parts, as much as takes some 20 µs, between commands.
   *
   * @return whether there is more
   */
  abstract boolean step() throws RdbException;

  /**
   * An element of a table is about to be added, changed or removed.
   *
   * @return how many elements were written for that
   */
  int beforeElement(long hash) {
    throw new IllegalStateException();
  }

  /** The elements of a list's node are about to change; returns whether it was copied for that. */
  boolean beforeNode(long node) {
    throw new IllegalStateException();
  }

  /** A node has been added to a list. */
  void added(long node) {
    throw new IllegalStateException();
  }

  /** A node has left a list; whether it is this value's now. */
  boolean takes(long node, long after) {
    throw new IllegalStateException();
  }

  /** A node of a stream is about to change or go; returns whether it was copied for that. */
  boolean beforeStreamNode(long element) {
    throw new IllegalStateException();
  }

  /** What is pending in a group of a stream is about to change; returns whether that was noted. */
  boolean beforePending(long group, long high, long low) {
    throw new IllegalStateException();
  }

  /** A group has left a stream; whether it is this value's now. */
  boolean takesGroup(long group) {
    throw new IllegalStateException();
  }

  /**
   * Bytes of a string are about to be written over.
   *
   * @return how many pieces were copied for that
   */
  int beforeBytes(long from, long to) {
    throw new IllegalStateException();
  }

  /** Frees the value, which nothing refers to any more. */
  void freeKept(Keyspace keyspace) {
    keyspace.freeStructure(type, root);
  }

  /** Gives back what memory it has, written to its end or not. */
  @Override
  public void close() {
    record.close();
    out.close();
  }
}
