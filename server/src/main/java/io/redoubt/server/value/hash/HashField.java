package io.redoubt.server.value.hash;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.FieldElement;
import java.lang.foreign.MemorySegment;

/**
 * A movable view of one field of a hash and its value. It is valid until the hash changes.
 *
 * <p>A listpack stores fields and values that are decimal integers as integers, which have no bytes
 * to point to.
 */
public final class HashField {

  private boolean packed;

  /** The field's entry in a listpack, or the element of a table. */
  private long at;

  HashField() {}

  /** Points to a field's entry in a listpack; the value's entry follows it. */
  void pointToPacked(long entry) {
    packed = true;
    at = entry;
  }

  /** Points to a {@link FieldElement}. */
  void element(long element) {
    packed = false;
    at = element;
  }

  /** Returns the address of the field, unique within the hash. */
  public long at() {
    return at;
  }

  private long packedValue() {
    return Listpack.after(Region.MEMORY, at);
  }

  /** Returns true if the field is stored as an integer and has no address. */
  public boolean fieldIsInteger() {
    return packed && Listpack.isInteger(Region.MEMORY, at);
  }

  /** Returns the field, which must be stored as an integer. */
  public long fieldInteger() {
    return Listpack.integer(Region.MEMORY, at);
  }

  /** Returns the address of the bytes of a field that is not stored as an integer. */
  public long fieldAddress() {
    return packed ? Listpack.bytesAt(Region.MEMORY, at) : FieldElement.fieldAddress(at);
  }

  /** Returns the length of the field in bytes; for an integer, the length of its decimal form. */
  public int fieldLength() {
    return packed ? Listpack.textLength(Region.MEMORY, at) : FieldElement.fieldLength(at);
  }

  /** Returns true if the value is stored as an integer and has no address. */
  public boolean valueIsInteger() {
    return packed && Listpack.isInteger(Region.MEMORY, packedValue());
  }

  /** Returns the value, which must be stored as an integer. */
  public long valueInteger() {
    return Listpack.integer(Region.MEMORY, packedValue());
  }

  /** Returns the address of the bytes of a value that is not stored as an integer. */
  public long valueAddress() {
    return packed ? Listpack.bytesAt(Region.MEMORY, packedValue()) : FieldElement.valueAddress(at);
  }

  /** Returns the length of the value in bytes; for an integer, the length of its decimal form. */
  public int valueLength() {
    return packed
        ? Listpack.textLength(Region.MEMORY, packedValue())
        : FieldElement.valueLength(at);
  }

  /** Returns the expiry time in Unix milliseconds, or {@link FieldElement#NO_EXPIRY}. */
  public long expireAt() {
    return packed ? FieldElement.NO_EXPIRY : FieldElement.expireAt(at);
  }

  /** Writes the field as a bulk string. */
  public void writeField(ReplyWriter reply) {
    if (packed) {
      writePacked(at, reply);
    } else {
      reply.bulk(Region.MEMORY, FieldElement.fieldAddress(at), FieldElement.fieldLength(at));
    }
  }

  /** Writes the value as a bulk string. */
  public void writeValue(ReplyWriter reply) {
    if (packed) {
      writePacked(packedValue(), reply);
    } else {
      reply.bulk(Region.MEMORY, FieldElement.valueAddress(at), FieldElement.valueLength(at));
    }
  }

  private static void writePacked(long entry, ReplyWriter reply) {
    if (Listpack.isInteger(Region.MEMORY, entry)) {
      reply.bulkLong(Listpack.integer(Region.MEMORY, entry));
    } else {
      reply.bulk(
          Region.MEMORY,
          Listpack.bytesAt(Region.MEMORY, entry),
          Listpack.bytesLength(Region.MEMORY, entry));
    }
  }

  /** Copies the field's bytes and returns their number. */
  public int copyField(MemorySegment target, long offset) {
    if (fieldIsInteger()) {
      return Numbers.writeLong(target, offset, fieldInteger());
    }
    int length = fieldLength();
    MemorySegment.copy(Region.MEMORY, fieldAddress(), target, offset, length);
    return length;
  }

  /** Copies the value's bytes and returns their number. */
  public int copyValue(MemorySegment target, long offset) {
    if (valueIsInteger()) {
      return Numbers.writeLong(target, offset, valueInteger());
    }
    int length = valueLength();
    MemorySegment.copy(Region.MEMORY, valueAddress(), target, offset, length);
    return length;
  }
}
