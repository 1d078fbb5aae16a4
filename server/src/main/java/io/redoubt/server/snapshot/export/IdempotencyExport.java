package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbIdempotency;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.stream.Idempotency;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;

/** Exports the idempotent ids of streams, in parts of a few kilobytes, after their records. */
public final class IdempotencyExport {
  private static final int PART_BYTES = 1 << 14;

  private final Slabs slabs;
  private final StreamId entryId = new StreamId();

  public IdempotencyExport(Slabs slabs) {
    this.slabs = slabs;
  }

  /** Returns the table of idempotent ids of an entry, 0 for none. */
  public static long table(long entry) {
    return Entry.type(entry) == Type.STREAM ? Idempotency.table(Streams.root(entry)) : 0;
  }

  /** Exports a table. */
  public void export(long table, RdbVisitor visitor) throws RdbException {
    exportLimits(table, visitor);
    long first = Idempotency.first(table);
    while (first != 0) {
      long producer = Idempotency.producer(first);
      long bytes = RdbIdempotency.HEAD_BYTES + (long) Idempotency.nameLength(producer);
      long end = first;
      do {
        bytes += RdbIdempotency.ID_BYTES + (long) Idempotency.textLength(end);
        end = Idempotency.next(end);
      } while (end != 0 && Idempotency.producer(end) == producer && bytes < PART_BYTES);
      long part = slabs.allocateFar(bytes);
      try {
        write(first, end, part);
        visitor.idempotency(Region.MEMORY, part, Math.toIntExact(bytes));
      } finally {
        slabs.free(part, bytes);
      }
      first = end;
    }
  }

  private void exportLimits(long table, RdbVisitor visitor) throws RdbException {
    long part = slabs.allocateFar(RdbIdempotency.LIMITS_BYTES);
    try {
      RdbIdempotency.putLimits(
          Region.MEMORY,
          part,
          Idempotency.durationSeconds(table),
          Idempotency.maxsize(table),
          Math.max(Idempotency.added(table) - Idempotency.ids(table), 0),
          Idempotency.duplicates(table));
      visitor.idempotency(Region.MEMORY, part, RdbIdempotency.LIMITS_BYTES);
    } finally {
      slabs.free(part, RdbIdempotency.LIMITS_BYTES);
    }
  }

  private void write(long first, long end, long part) {
    long producer = Idempotency.producer(first);
    int nameLength = Idempotency.nameLength(producer);
    RdbIdempotency.putHead(Region.MEMORY, part, nameLength);
    long at = part + RdbIdempotency.HEAD_BYTES;
    Region.copy(Idempotency.name(producer), at, nameLength);
    at += nameLength;
    for (long each = first; each != end; each = Idempotency.next(each)) {
      entryId.load(Idempotency.entryId(each));
      int length = Idempotency.textLength(each);
      RdbIdempotency.putId(Region.MEMORY, at, entryId.millis(), entryId.sequence(), length);
      Region.copy(Idempotency.text(each), at + RdbIdempotency.ID_BYTES, length);
      at += RdbIdempotency.ID_BYTES + length;
    }
  }
}
