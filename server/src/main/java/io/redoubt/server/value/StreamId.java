package io.redoubt.server.value;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.IdTree;

/**
 * The id of a stream's entry: milliseconds since 1970 and a number within them, both unsigned and
 * of 64 bits. It can be changed, so that commands use the same few again and again.
 */
public final class StreamId {

  /** What an id takes in memory, see {@link #load} and {@link #store}. */
  public static final int BYTES = 16;

  /** Longer texts are no ids, whatever they say: Redis' limit. */
  private static final int MAX_PARSED_BYTES = 127;

  private static final long HIGHEST_TENTH = Long.divideUnsigned(-1, 10);
  private static final long HIGHEST_DIGIT = Long.remainderUnsigned(-1, 10);

  private long millis;
  private long sequence;

  /** The id 0-0. */
  public StreamId() {}

  /** The first half. */
  public long millis() {
    return millis;
  }

  /** The second half. */
  public long sequence() {
    return sequence;
  }

  /** Makes it the id of these halves. */
  public void set(long newMillis, long newSequence) {
    millis = newMillis;
    sequence = newSequence;
  }

  /** Makes it the same as another. */
  public void set(StreamId other) {
    set(other.millis, other.sequence);
  }

  /** Makes it 0-0. */
  public void setFirst() {
    set(0, 0);
  }

  /** Makes it the last id there can be. */
  public void setLast() {
    set(-1, -1);
  }

  /** Takes it from memory. */
  public void load(long address) {
    set(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Writes it to memory, {@link #BYTES}. */
  public void store(long address) {
    Region.putLong(address, millis);
    Region.putLong(address + 8, sequence);
  }

  /** Whether it is 0-0. */
  public boolean isFirst() {
    return (millis | sequence) == 0;
  }

  /** Whether it is the last id there can be. */
  public boolean isLast() {
    return (millis & sequence) == -1;
  }

  /** Compares as ids are ordered. */
  public int compare(StreamId other) {
    return compare(other.millis, other.sequence);
  }

  /** Compares as ids are ordered. */
  public int compare(long otherMillis, long otherSequence) {
    return IdTree.compare(millis, sequence, otherMillis, otherSequence);
  }

  /** Compares with an id in memory. */
  public int compareAt(long address) {
    return compare(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Makes it the next id; false, and unchanged, when it is the last. */
  public boolean increment() {
    if (isLast()) {
      return false;
    }
    sequence++;
    if (sequence == 0) {
      millis++;
    }
    return true;
  }

  /** Makes it the id before; false, and unchanged, when it is the first. */
  public boolean decrement() {
    if (isFirst()) {
      return false;
    }
    if (sequence == 0) {
      millis--;
    }
    sequence--;
    return true;
  }

  /**
   * Makes it what a text says, {@code millis} or {@code millis-sequence}.
   *
   * @param missingSequence the sequence when the text has none
   * @return false, and not to be used, when it is no such text
   */
  public boolean parse(long address, int length, long missingSequence) {
    if (length > MAX_PARSED_BYTES) {
      return false;
    }
    int dash = dash(address, length);
    sequence = missingSequence;
    return parseMillis(address, dash)
        && (dash == length || parseSequence(address + dash + 1, length - dash - 1));
  }

  /** Like {@link #parse}, of a text that ends in {@code -*}: its sequence is open, and 0 here. */
  public boolean parseOpen(long address, int length) {
    sequence = 0;
    return isOpen(address, length) && parseMillis(address, length - 2);
  }

  /** Whether a text ends in {@code -*} at its first dash. */
  public static boolean isOpen(long address, int length) {
    return length > 2
        && length <= MAX_PARSED_BYTES
        && Region.getByte(address + length - 1) == '*'
        && dash(address, length) == length - 2;
  }

  private static int dash(long address, int length) {
    for (int at = 0; at < length; at++) {
      if (Region.getByte(address + at) == '-') {
        return at;
      }
    }
    return length;
  }

  private boolean parseMillis(long address, int length) {
    int digits = digitsAt(address, length);
    millis = unsigned(address + digits, length - digits);
    return isUnsigned(address + digits, length - digits);
  }

  private boolean parseSequence(long address, int length) {
    int digits = digitsAt(address, length);
    sequence = unsigned(address + digits, length - digits);
    return isUnsigned(address + digits, length - digits);
  }

  /** As strtoull does, blanks and a plus are passed over. */
  private static int digitsAt(long address, int length) {
    int at = 0;
    while (at < length && isBlank(Region.getByte(address + at))) {
      at++;
    }
    return at < length && Region.getByte(address + at) == '+' ? at + 1 : at;
  }

  private static boolean isBlank(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean isUnsigned(long address, int length) {
    long value = 0;
    for (int at = 0; at < length; at++) {
      int digit = Region.getByte(address + at) - '0';
      int room = Long.compareUnsigned(HIGHEST_TENTH, value);
      if (digit < 0 || digit > 9 || room < 0 || (room == 0 && digit > HIGHEST_DIGIT)) {
        return false;
      }
      value = value * 10 + digit;
    }
    return length > 0;
  }

  private static long unsigned(long address, int length) {
    long value = 0;
    for (int at = 0; at < length; at++) {
      value = value * 10 + Region.getByte(address + at) - '0';
    }
    return value;
  }

  /** How many bytes its text has. */
  public int textLength() {
    return unsignedLength(millis) + 1 + unsignedLength(sequence);
  }

  private static int unsignedLength(long value) {
    return value >= 0
        ? Numbers.decimalLength(value)
        : Numbers.decimalLength(Long.divideUnsigned(value, 10)) + 1;
  }

  /** Writes its text; returns how many bytes that took. */
  public int write(long address) {
    int length = Numbers.writeUnsigned(Region.MEMORY, address, millis);
    Region.putByte(address + length, '-');
    return length + 1 + Numbers.writeUnsigned(Region.MEMORY, address + length + 1, sequence);
  }

  /** Writes the text of an id in memory as a reply. */
  public static void reply(ReplyWriter reply, long address) {
    reply.bulkId(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Writes its text as a reply. */
  public void reply(ReplyWriter reply) {
    reply.bulkId(millis, sequence);
  }

  /** Its text. */
  @Override
  public String toString() {
    return Long.toUnsignedString(millis) + '-' + Long.toUnsignedString(sequence);
  }
}
