package io.redoubt.server.value.stream;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.IdTree;

/**
 * The id of a stream entry: Unix milliseconds and a sequence number, both unsigned 64-bit integers.
 * Mutable, so that commands can reuse instances.
 */
public final class StreamId {

  /** The size of an id in memory, see {@link #load} and {@link #store}. */
  public static final int BYTES = 16;

  /** Redis' limit; longer texts are not parsed. */
  private static final int MAX_PARSED_BYTES = 127;

  private static final long HIGHEST_TENTH = Long.divideUnsigned(-1, 10);
  private static final long HIGHEST_DIGIT = Long.remainderUnsigned(-1, 10);

  private long millis;
  private long sequence;

  public StreamId() {}

  public long millis() {
    return millis;
  }

  public long sequence() {
    return sequence;
  }

  /** Sets both halves. */
  public void set(long newMillis, long newSequence) {
    millis = newMillis;
    sequence = newSequence;
  }

  /** Copies another id. */
  public void set(StreamId other) {
    set(other.millis, other.sequence);
  }

  /** Sets the id to 0-0. */
  public void setFirst() {
    set(0, 0);
  }

  /** Sets the id to the highest possible one. */
  public void setLast() {
    set(-1, -1);
  }

  /** Reads the id from memory. */
  public void load(long address) {
    set(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Writes the id to memory, {@link #BYTES} long. */
  public void store(long address) {
    Region.putLong(address, millis);
    Region.putLong(address + 8, sequence);
  }

  public boolean isFirst() {
    return (millis | sequence) == 0;
  }

  /** Returns true if the id is the highest possible one. */
  public boolean isLast() {
    return (millis & sequence) == -1;
  }

  /** Compares in the order of ids. */
  public int compare(StreamId other) {
    return compare(other.millis, other.sequence);
  }

  /** Compares in the order of ids. */
  public int compare(long otherMillis, long otherSequence) {
    return IdTree.compare(millis, sequence, otherMillis, otherSequence);
  }

  /** Compares with an id in memory. */
  public int compareAt(long address) {
    return compare(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Moves to the next id; returns false, without an effect, at the highest one. */
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

  /** Moves to the previous id; returns false, without an effect, at 0-0. */
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
   * Parses {@code millis} or {@code millis-sequence}.
   *
   * @param missingSequence the sequence number if the text has none
   * @return false if the text is invalid; the id is undefined then
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

  /**
   * Like {@link #parse}, for a text that ends in {@code -*}: the sequence number is open, and 0
   * here.
   */
  public boolean parseOpen(long address, int length) {
    sequence = 0;
    return isOpen(address, length) && parseMillis(address, length - 2);
  }

  /** Returns true if the first dash of a text starts its suffix {@code -*}. */
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

  /** Skips white space and a plus sign, as strtoull does. */
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

  /** Returns the length of the text in bytes. */
  public int textLength() {
    return unsignedLength(millis) + 1 + unsignedLength(sequence);
  }

  private static int unsignedLength(long value) {
    return value >= 0
        ? Numbers.decimalLength(value)
        : Numbers.decimalLength(Long.divideUnsigned(value, 10)) + 1;
  }

  /** Writes the text; returns its length. */
  public int write(long address) {
    int length = Numbers.writeUnsigned(Region.MEMORY, address, millis);
    Region.putByte(address + length, '-');
    return length + 1 + Numbers.writeUnsigned(Region.MEMORY, address + length + 1, sequence);
  }

  /** Replies with the text of an id in memory. */
  public static void reply(ReplyWriter reply, long address) {
    reply.bulkId(Region.getLong(address), Region.getLong(address + 8));
  }

  /** Replies with the text. */
  public void reply(ReplyWriter reply) {
    reply.bulkId(millis, sequence);
  }

  /** Returns the text, as {@code millis-sequence}. */
  @Override
  public String toString() {
    return Long.toUnsignedString(millis) + '-' + Long.toUnsignedString(sequence);
  }
}
