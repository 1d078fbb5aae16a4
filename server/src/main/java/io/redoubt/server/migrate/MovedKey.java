package io.redoubt.server.migrate;

import io.redoubt.server.keyspace.Entry;

/** A key of a MIGRATE and its progress. */
final class MovedKey {
  /** The progress of a key. */
  enum State {
    /** Not processed yet. */
    WAITING,
    /** Its payload is being written. */
    WRITING,
    /** Its request is being sent or was sent. */
    SENT,
    /** It expired or was removed before it was processed. */
    GONE
  }

  private final int argument;
  private State state = State.WAITING;
  private long entry = Entry.NONE;
  private boolean touched;
  private boolean changed;
  private boolean taken;

  MovedKey(int argument) {
    this.argument = argument;
  }

  /** Returns the index of the key among the arguments. */
  int argument() {
    return argument;
  }

  State state() {
    return state;
  }

  /** Returns the entry whose value is being written or was sent. */
  long entry() {
    return entry;
  }

  void enter(State next, long of) {
    state = next;
    entry = of;
  }

  /** Starts the key anew. */
  void again() {
    enter(State.WAITING, Entry.NONE);
    touched = false;
  }

  void touch() {
    touched = true;
  }

  void clearTouched() {
    touched = false;
  }

  boolean isTouched() {
    return touched;
  }

  /** Marks the key as changed after it was sent, so that the target has an outdated value. */
  void markChanged() {
    changed = true;
  }

  /** Marks the key as accepted by the target. */
  void markTaken() {
    taken = true;
  }

  /** Returns true if the target has the current value, so that the key can be removed here. */
  boolean isRemovable() {
    return taken && !changed && !touched;
  }
}
