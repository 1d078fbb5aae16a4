package io.redoubt.server.value;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.FieldElement;
import java.lang.foreign.MemorySegment;

/**
 * A field of a hash with its value, wherever they are: a view that is pointed to one field after
 * the other. What it shows is good until the hash is changed.
 *
 * <p>A small hash holds fields and values that look like whole numbers as such: of these there are
 * no bytes to point to.
 */
public final class HashField {

  private boolean packed;

  /** The field's entry in a listpack, or the element of a table. */
  private long at;

  HashField() {}

  /** Points to an entry of a listpack, which is followed by the value's. */
  void packed(long entry) {
    packed = true;
    at = entry;
  }

  /** Points to a {@link FieldElement}. */
  void element(long element) {
    packed = false;
    at = element;
  }

  /** Where it is: what no other field of the hash has. */
  public long at() {
    return at;
  }

  private long packedValue() {
    return Listpack.after(Region.MEMORY, at);
  }

  /** Whether the field is held as a number, so that it has no address. */
  public boolean fieldIsInteger() {
    return packed && Listpack.isInteger(Region.MEMORY, at);
  }

  /** The number that the field is held as. */
  public long fieldInteger() {
    return Listpack.integer(Region.MEMORY, at);
  }

  /** Where the bytes of a field are that is not held as a number. */
  public long fieldAddress() {
    return packed ? Listpack.bytesAt(Region.MEMORY, at) : FieldElement.fieldAddress(at);
  }

  /** How many bytes the field has; of a number, its decimal form. */
  public int fieldLength() {
    return packed ? Listpack.textLength(Region.MEMORY, at) : FieldElement.fieldLength(at);
  }

  /** Whether the value is held as a number, so that it has no address. */
  public boolean valueIsInteger() {
    return packed && Listpack.isInteger(Region.MEMORY, packedValue());
  }

  /** The number that the value is held as. */
  public long valueInteger() {
    return Listpack.integer(Region.MEMORY, packedValue());
  }

  /** Where the bytes of a value are that is not held as a number. */
  public long valueAddress() {
    return packed ? Listpack.bytesAt(Region.MEMORY, packedValue()) : FieldElement.valueAddress(at);
  }

  /** How many bytes the value has; of a number, its decimal form. */
  public int valueLength() {
    return packed
        ? Listpack.textLength(Region.MEMORY, packedValue())
        : FieldElement.valueLength(at);
  }

  /** When the field expires, in milliseconds since 1970, or {@link FieldElement#NO_EXPIRY}. */
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

  /** Copies the field's bytes, and returns how many they are. */
  public int copyField(MemorySegment target, long offset) {
    if (fieldIsInteger()) {
      return Numbers.writeLong(target, offset, fieldInteger());
    }
    int length = fieldLength();
    MemorySegment.copy(Region.MEMORY, fieldAddress(), target, offset, length);
    return length;
  }

  /** Copies the value's bytes, and returns how many they are. */
  public int copyValue(MemorySegment target, long offset) {
    if (valueIsInteger()) {
      return Numbers.writeLong(target, offset, valueInteger());
    }
    int length = valueLength();
    MemorySegment.copy(Region.MEMORY, valueAddress(), target, offset, length);
    return length;
  }
}
