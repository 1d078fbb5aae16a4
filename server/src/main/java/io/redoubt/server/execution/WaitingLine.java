package io.redoubt.server.execution;

import io.redoubt.server.memory.Region;
import org.jspecify.annotations.Nullable;

/** The queue of clients blocked on one key, in the order of arrival. */
final class WaitingLine {
  final int database;
  final long hash;

  /** A copy of the key, owned by this queue. */
  final long keyAddress;

  final int keyLength;

  /** The next queue in the same bucket of {@link BlockedClients}. */
  @Nullable WaitingLine next;

  /** True if the key has changed since the queue was served. */
  boolean marked;

  private KeyWait.@Nullable Place first;
  private KeyWait.@Nullable Place last;
  private int waitingForLoss;

  WaitingLine(int database, long hash, long keyAddress, int keyLength) {
    this.database = database;
    this.hash = hash;
    this.keyAddress = keyAddress;
    this.keyLength = keyLength;
  }

  boolean isOf(int index, long address, int length) {
    return database == index && keyLength == length && Region.equal(keyAddress, address, length);
  }

  boolean isEmpty() {
    return first == null;
  }

  KeyWait.@Nullable Place first() {
    return first;
  }

  KeyWait.@Nullable Place last() {
    return last;
  }

  /** Returns true if a client in the queue is also served when the key is removed. */
  boolean hasWaitingForLoss() {
    return waitingForLoss > 0;
  }

  void add(KeyWait.Place place) {
    place.before = last;
    if (last == null) {
      first = place;
    } else {
      last.after = place;
    }
    last = place;
    waitingForLoss += place.wait.endsWithLoss() ? 1 : 0;
  }

  void remove(KeyWait.Place place) {
    if (place.before == null) {
      first = place.after;
    } else {
      place.before.after = place.after;
    }
    if (place.after == null) {
      last = place.before;
    } else {
      place.after.before = place.before;
    }
    waitingForLoss -= place.wait.endsWithLoss() ? 1 : 0;
  }
}
