package io.redoubt.server.command.key;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.hash.HashField;
import io.redoubt.server.value.hash.Hashes;

/**
 * Looks up the patterns of SORT: {@code #} is the element itself, {@code weight_*} the string at
 * the key with the star replaced by the element, {@code object_*->field} a field of the hash at
 * such a key.
 */
final class SortPattern implements AutoCloseable {
  private final Call call;

  // The last key built, and the value if it is a number.
  private final ByteStrings key;
  private final ByteStrings digits;
  private long address;
  private int length;

  SortPattern(Call call) {
    this.call = call;
    key = new ByteStrings(call.keyspace().slabs());
    digits = new ByteStrings(call.keyspace().slabs());
  }

  boolean hasStar(int patternArg) {
    return star(call.argAddress(patternArg), call.argLength(patternArg)) >= 0;
  }

  private static int star(long pattern, int patternLength) {
    for (int i = 0; i < patternLength; i++) {
      if (Region.getByte(pattern + i) == '*') {
        return i;
      }
    }
    return -1;
  }

  /** Looks up a pattern for an element; returns true if a value was found. */
  boolean find(int patternArg, long element, int elementLength) {
    long pattern = call.argAddress(patternArg);
    int patternLength = call.argLength(patternArg);
    if (patternLength == 1 && Region.getByte(pattern) == '#') {
      address = element;
      length = elementLength;
      return true;
    }
    int star = star(pattern, patternLength);
    if (star < 0) {
      return false;
    }
    int arrow = arrow(pattern, patternLength, star + 1);
    int keyEnd = arrow < 0 ? patternLength : arrow;
    long entry = lookUp(pattern, star, keyEnd, element, elementLength);
    if (entry == Entry.NONE) {
      return false;
    }
    return arrow < 0
        ? takeString(entry)
        : takeField(entry, pattern + arrow + 2, patternLength - arrow - 2);
  }

  /** Returns the index of the arrow before a field's name, or -1. */
  private static int arrow(long pattern, int patternLength, int from) {
    for (int i = from; i + 1 < patternLength; i++) {
      if (Region.getByte(pattern + i) == '-' && Region.getByte(pattern + i + 1) == '>') {
        return i + 2 < patternLength ? i : -1;
      }
    }
    return -1;
  }

  private long lookUp(long pattern, int star, int keyEnd, long element, int elementLength) {
    int rest = keyEnd - star - 1;
    int keyLength = star + elementLength + rest;
    key.clear();
    long at = key.add(keyLength);
    Region.copy(pattern, at, star);
    Region.copy(element, at + star, elementLength);
    Region.copy(pattern + star + 1, at + star + elementLength, rest);
    return call.readKey(at, keyLength);
  }

  private boolean takeString(long entry) {
    if (!Entry.isString(entry)) {
      return false;
    }
    if (StringValue.isInteger(entry)) {
      takeNumber(StringValue.integer(entry));
    } else {
      address = StringValue.bytesAddress(entry);
      length = StringValue.length(entry);
    }
    return true;
  }

  private boolean takeField(long entry, long field, int fieldLength) {
    Hashes hashes = call.values().hashes();
    if (Entry.type(entry) != Type.HASH || !hashes.find(entry, field, fieldLength)) {
      return false;
    }
    HashField found = hashes.found();
    if (found.valueIsInteger()) {
      takeNumber(found.valueInteger());
    } else {
      address = found.valueAddress();
      length = found.valueLength();
    }
    return true;
  }

  private void takeNumber(long number) {
    digits.clear();
    length = Numbers.decimalLength(number);
    address = digits.add(length);
    Numbers.writeLong(Region.MEMORY, address, number);
  }

  /** Returns the address of the value found, valid until the next lookup. */
  long address() {
    return address;
  }

  int length() {
    return length;
  }

  @Override
  public void close() {
    key.close();
    digits.close();
  }
}
