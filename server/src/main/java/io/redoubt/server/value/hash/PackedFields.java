package io.redoubt.server.value.hash;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.structure.FieldTable;
import java.lang.foreign.MemorySegment;

/**
 * Reads whole listpacks of field, value, field, ... in the region: adds them to tables, and checks
 * that no field occurs twice, which a damaged file may contain.
 */
final class PackedFields {
  private static final MemorySegment MEMORY = Region.MEMORY;

  /** Up to this number of fields, pairwise comparison is faster than building a table. */
  private static final int MAX_COMPARED = 64;

  private final Slabs slabs;
  private final FieldTable scratch;

  PackedFields(Keyspace keyspace) {
    slabs = keyspace.slabs();
    scratch = new FieldTable(keyspace.slabs(), keyspace.hash());
  }

  /** Adds the pairs of a listpack to a table; returns false if a field occurs twice. */
  boolean addTo(FieldTable table, long start) {
    long text = slabs.allocateFar(2L * Numbers.MAX_LONG_LENGTH);
    boolean unique = true;
    try {
      long field = Listpack.first(MEMORY, start);
      while (field != Listpack.NONE) {
        long value = Listpack.after(MEMORY, field);
        long fieldAt = bytesAt(field, text);
        int fieldLength = Listpack.textLength(MEMORY, field);
        int valueLength = Listpack.textLength(MEMORY, value);
        long element = table.find(fieldAt, fieldLength);
        unique &= element == 0;
        if (element == 0) {
          element = table.insert(fieldAt, fieldLength, valueLength);
          Listpack.copyText(MEMORY, value, MEMORY, FieldElement.valueAddress(element));
        }
        field = Listpack.next(MEMORY, value);
      }
    } finally {
      slabs.free(text, 2L * Numbers.MAX_LONG_LENGTH);
    }
    return unique;
  }

  /**
   * Returns the address of a listpack entry's bytes; an integer is first formatted into {@code
   * text}.
   */
  private static long bytesAt(long entry, long text) {
    if (!Listpack.isInteger(MEMORY, entry)) {
      return Listpack.bytesAt(MEMORY, entry);
    }
    Numbers.writeLong(MEMORY, text, Listpack.integer(MEMORY, entry));
    return text;
  }

  /** Returns true if a field occurs twice in a listpack of the given number of entries. */
  boolean hasTwice(long start, int count) {
    if (count / 2 > MAX_COMPARED) {
      long unused = scratch.create();
      try {
        return !addTo(scratch, start);
      } finally {
        while (scratch.dismantle()) {}
      }
    }
    long text = slabs.allocateFar(Numbers.MAX_LONG_LENGTH);
    boolean twice = false;
    long field = Listpack.first(MEMORY, start);
    while (field != Listpack.NONE && !twice) {
      long next = Listpack.after(MEMORY, Listpack.after(MEMORY, field));
      long bytes = bytesAt(field, text);
      int length = Listpack.textLength(MEMORY, field);
      twice = Listpack.find(MEMORY, next, MEMORY, bytes, length, 1) != Listpack.NONE;
      field = Listpack.next(MEMORY, Listpack.after(MEMORY, field));
    }
    slabs.free(text, Numbers.MAX_LONG_LENGTH);
    return twice;
  }
}
