package io.redoubt.server.migrate;

import io.redoubt.server.keyspace.Entry;

/** A key of a migration. */
final class MovedKey {
  /** The progress of a key. */
  enum State {
    /** Its turn has not come. */
    WAITING,
    /** Its payload is being written. */
    WRITING,
    /** Its request is being sent or was sent. */
    SENT,
    /** It had expired or was removed before its turn. */
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

  /** Returns the argument of the request that is the key. */
  int argument() {
    return argument;
  }

  State state() {
    return state;
  }

  /** Returns the entry whose value is written or was sent. */
  long entry() {
    return entry;
  }

  void enter(State next, long of) {
    state = next;
    entry = of;
  }

  /** Starts anew. */
  void again() {
    enter(State.WAITING, Entry.NONE);
    touched = false;
  }

  void touch() {
    touched = true;
  }

  void untouched() {
    touched = false;
  }

  boolean isTouched() {
    return touched;
  }

  /** Notes that the target does not have its present value. */
  void changed() {
    changed = true;
  }

  /** Notes that the target has it. */
  void taken() {
    taken = true;
  }

  /** Returns true if the target has it and this server need not keep it. */
  boolean isRemovable() {
    return taken && !changed && !touched;
  }
}
