package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys whose values are read in slices between commands and must not change meanwhile. Requests
 * that would change a held key wait. Holders are notified of other changes, such as expiry or a
 * script with undeclared keys. Usually there are no held keys. Confined to the event loop.
 */
public final class HeldKeys {
  /** Reads the values of some keys. */
  public interface Holder {
    /** Returns true if requests that change a key, in any database, must wait. */
    boolean holds(long keyHash);

    /** Called before any entry, perhaps of a held key, is changed or removed. */
    void beforeChange(long entry);

    /** Called when databases are emptied, replaced or swapped. */
    void onReplaced();
  }

  private final Hash hash;
  private final List<Holder> holders = new ArrayList<>();

  HeldKeys(Hash hash) {
    this.hash = hash;
  }

  /** Returns true if no key is held. */
  public boolean isEmpty() {
    return holders.isEmpty();
  }

  /** Returns the hash by which holders identify a key. */
  public long hash(MemorySegment memory, long offset, int length) {
    return hash.of(memory, offset, length);
  }

  /** Returns true if requests that change a key must wait. */
  public boolean holds(MemorySegment memory, long offset, int length) {
    long keyHash = hash(memory, offset, length);
    for (int i = 0; i < holders.size(); i++) {
      if (holders.get(i).holds(keyHash)) {
        return true;
      }
    }
    return false;
  }

  public void add(Holder holder) {
    holders.add(holder);
  }

  public void remove(Holder holder) {
    holders.remove(holder);
  }

  void changing(long entry) {
    for (int i = 0; i < holders.size(); i++) {
      holders.get(i).beforeChange(entry);
    }
  }

  void onReplaced() {
    holders.forEach(Holder::onReplaced);
  }
}
