package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * Changes the form of entries: encoding, size and expiry time. An entry that outgrows its block
 * gets another one, which replaces it in the table and in the order of expiries. Memory is
 * allocated first: if there is none, nothing has changed.
 *
 * <p>Callers have called {@link Database#beforeChange}.
 */
final class EntryShapes {
  private final Slabs slabs;

  EntryShapes(Slabs slabs) {
    this.slabs = slabs;
  }

  /**
   * Changes the form of an entry; the order of expiries is up to the caller. Keeps key, epoch,
   * clock, the expiry time if there is one before and after, and the first {@code keptBytes} of the
   * payload.
   */
  long reshape(
      Contents contents,
      long hash,
      long entry,
      Type type,
      int encoding,
      boolean expires,
      int payloadBytes,
      int keptBytes) {
    long oldBytes = Entry.sizeBytes(entry);
    long newBytes = Entry.sizeBytes(Entry.keyLength(entry), expires, payloadBytes);
    long oldPayload = Entry.payloadAddress(entry);
    if (slabs.blockBytes(newBytes) == slabs.blockBytes(oldBytes)) {
      Entry.putForm(entry, type, encoding, expires);
      Region.copy(oldPayload, Entry.payloadAddress(entry), keptBytes);
      return entry;
    }
    long moved = slabs.allocate(newBytes);
    long keyEnd = Entry.keyEnd(entry);
    Region.copy(
        entry, moved, keyEnd - entry + (Entry.expires(entry) && expires ? Entry.EXPIRY_BYTES : 0));
    Entry.putForm(moved, type, encoding, expires);
    Region.copy(oldPayload, Entry.payloadAddress(moved), keptBytes);
    contents.table(hash).replace(hash, entry, moved);
    slabs.free(entry, oldBytes);
    return moved;
  }

  /** Moves an entry to another block; returns the entry. */
  long relocate(Contents contents, long entry) {
    Expiries expiries = contents.expiries;
    expiries.ensureAdd();
    long sizeBytes = Entry.sizeBytes(entry);
    long moved = slabs.allocate(sizeBytes);
    Region.copy(entry, moved, sizeBytes);
    long hash = contents.hashOf(entry);
    contents.table(hash).replace(hash, entry, moved);
    if (Entry.expires(entry)) {
      expiries.remove(Entry.expireAt(entry), entry);
      expiries.add(moved, Entry.expireAt(entry));
    }
    expiries.removeElements(Entry.nextElementExpiry(entry), entry);
    expiries.addElements(moved);
    slabs.free(entry, sizeBytes);
    return moved;
  }

  /** Changes the encoding and size of an entry's payload, keeping its first bytes. */
  long resize(Contents contents, long entry, int encoding, int payloadBytes) {
    Expiries expiries = contents.expiries;
    if (Entry.expires(entry)) {
      expiries.ensureAdd();
    }
    long moved =
        reshape(
            contents,
            contents.hashOf(entry),
            entry,
            Entry.type(entry),
            encoding,
            Entry.expires(entry),
            payloadBytes,
            Math.min(payloadBytes, Entry.payloadBytes(entry)));
    if (moved != entry && Entry.expires(moved)) {
      expiries.remove(Entry.expireAt(moved), entry);
      expiries.add(moved, Entry.expireAt(moved));
    }
    return moved;
  }

  /** Sets the expiry time of a structure's next element, or {@link Entry#NO_EXPIRY}. */
  long nextElementExpiry(Contents contents, long entry, long millis) {
    long before = Entry.nextElementExpiry(entry);
    if (before == millis) {
      return entry;
    }
    Expiries expiries = contents.expiries;
    expiries.ensureAdd();
    long changed = entry;
    if (millis == Entry.NO_EXPIRY) {
      changed = resize(contents, entry, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
    } else if (before == Entry.NO_EXPIRY) {
      changed =
          resize(contents, entry, Encoding.EXPIRING_STRUCTURE, Encoding.EXPIRING_STRUCTURE_BYTES);
    }
    expiries.removeElements(before, entry);
    if (millis == Entry.NO_EXPIRY) {
      return changed;
    }
    Entry.putNextElementExpiry(changed, millis);
    expiries.addElements(changed);
    return changed;
  }

  /** Sets the expiry time of an entry, in milliseconds since 1970. */
  long setExpiry(Contents contents, long entry, long millis) {
    Expiries expiries = contents.expiries;
    expiries.ensureAdd();
    if (Entry.expires(entry)) {
      expiries.remove(Entry.expireAt(entry), entry);
      expiries.add(entry, millis);
      return entry;
    }
    long moved = reform(contents, entry, true);
    expiries.add(moved, millis);
    return moved;
  }

  /** Removes the expiry time of an entry that has one. */
  long persist(Contents contents, long entry) {
    contents.expiries.ensureAdd();
    long expireAt = Entry.expireAt(entry);
    long moved = reform(contents, entry, false);
    contents.expiries.remove(expireAt, entry);
    return moved;
  }

  private long reform(Contents contents, long entry, boolean expires) {
    int payloadBytes = Entry.payloadBytes(entry);
    long moved =
        reshape(
            contents,
            contents.hashOf(entry),
            entry,
            Entry.type(entry),
            Entry.encoding(entry),
            expires,
            payloadBytes,
            payloadBytes);
    if (moved != entry) {
      contents.expiries.removeElements(Entry.nextElementExpiry(moved), entry);
      contents.expiries.addElements(moved);
    }
    return moved;
  }
}
