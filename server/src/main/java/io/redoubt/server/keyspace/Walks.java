package io.redoubt.server.keyspace;

import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.structure.BlockConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The running walks of a keyspace, at most one of each kind, and the epochs by which a {@link Walk}
 * recognizes delivered entries.
 */
final class Walks {
  private final Garbage garbage;
  private @Nullable Walk walk;
  private @Nullable SlotWalk slotWalk;

  /** A walk over slots that ended early, until it has marked the entries that it did not reach. */
  private @Nullable SlotWalk aborted;

  private int epoch;
  private int number;

  /** The oldest epoch that an entry may have: the last completed walk's. */
  private int oldestEpoch;

  /**
   * Creates the walks of an empty keyspace.
   *
   * @param epoch the epoch of new entries
   */
  Walks(Garbage garbage, int epoch) {
    this.garbage = garbage;
    this.epoch = epoch;
    oldestEpoch = epoch;
  }

  /** Returns the epoch of new entries. */
  int epoch() {
    return epoch;
  }

  /** Records that all entries were replaced by another keyspace's. */
  void onReplaced(int oldest) {
    oldestEpoch = oldest;
  }

  /**
   * Starts a walk.
   *
   * @param all the contents of all databases, the staged ones behind the others
   * @param count the number of databases without the staged ones
   * @param current returns the current contents of a database
   * @throws IllegalStateException if one is running
   */
  Walk start(Contents[] all, int count, IntFunction<Contents> current, SnapshotGate gate) {
    if (walk != null) {
      throw new IllegalStateException("a walk is running");
    }
    int next = epoch + 1 & Entry.EPOCH_BITS;
    if (next == oldestEpoch) {
      // After 127 aborted walks in a row, entries that none of them reached would be mistaken for
      // walked.
      giveAllEpoch(all);
      oldestEpoch = epoch;
    }
    epoch = next;
    number = number == Walk.MAX_NUMBER ? 1 : number + 1;
    Unstaged unstaged = new Unstaged(count, current);
    walk = new Walk(all, unstaged, garbage.dropped(), gate, number, epoch, this::onEnd);
    garbage.setGate(gate);
    return walk;
  }

  private void giveAllEpoch(Contents[] all) {
    BlockConsumer give = entry -> Entry.putEpoch(entry, epoch);
    for (Contents contents : all) {
      contents.forEach(give);
    }
  }

  private void onEnd(Walk ended) {
    if (walk == ended) {
      walk = null;
      garbage.setGate(null);
      if (ended.isDone()) {
        oldestEpoch = epoch;
      }
    }
  }

  /**
   * Starts a walk over slots, see {@link Keyspace#startSlotWalk}.
   *
   * @throws IllegalStateException if one is running
   */
  SlotWalk startOverSlots(Contents[] databases, SlotSet slots, SnapshotGate gate) {
    if (slotWalk != null) {
      throw new IllegalStateException("a walk over slots is running");
    }
    while (markSome(Integer.MAX_VALUE)) {
      // the entries that another walk has left behind
    }
    SlotWalk started = new SlotWalk(databases, slots, gate, this::onEnd);
    slotWalk = started;
    return started;
  }

  private void onEnd(SlotWalk ended) {
    if (slotWalk == ended) {
      slotWalk = null;
      aborted = ended.isDone() ? null : ended;
    }
  }

  /** Marks entries that an aborted walk over slots has left behind; returns true if it did. */
  boolean markSome(int limit) {
    if (aborted == null) {
      return false;
    }
    if (!aborted.markOn(limit)) {
      aborted = null;
    }
    return true;
  }

  /** Returns true if a walk of either kind is running. */
  boolean isAny() {
    return walk != null || slotWalk != null;
  }

  /** Returns the running walk over the keyspace, or null. */
  @Nullable Walk running() {
    return walk;
  }

  /** Notifies a running walk that the staged entries of a slot are now in their database. */
  void onUnstaged(int database, int slot) {
    if (walk != null) {
      walk.onUnstaged(database, slot);
    }
  }

  /** Notifies running walks that an entry is about to be changed or removed. */
  void beforeChange(Contents contents, long entry) {
    if (walk != null) {
      walk.beforeChange(contents, entry);
    }
    if (slotWalk != null) {
      slotWalk.beforeChange(contents, entry);
    }
  }

  /** Aborts the running walks. */
  void close() {
    if (walk != null) {
      walk.close();
    }
    if (slotWalk != null) {
      slotWalk.close();
    }
  }
}
