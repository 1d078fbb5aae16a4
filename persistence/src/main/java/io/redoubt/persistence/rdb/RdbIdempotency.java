package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The idempotent ids of a stream in an RDB: auxiliary fields after its record, which Redis ignores.
 * DUMP has none. Each is a part; the first has the limits, the others ids of one producer. All ids
 * together are in the order of their entries.
 *
 * <pre>
 * limits   = 0 (1 byte) duration in seconds (4) maxsize (4) ids added (8) duplicates (8)
 * ids      = 1 (1 byte) length (4) name of the producer {id of the entry (16) length (4) id}...
 * </pre>
 *
 * <p>Numbers have their least significant byte first. The ids added exclude those that follow.
 */
public final class RdbIdempotency {
  /** The name of the auxiliary field. */
  public static final String FIELD = "redoubt-idmp";

  /** The bytes of the part with the limits. */
  public static final int LIMITS_BYTES = 25;

  /** The bytes of a part with ids before the name of the producer. */
  public static final int HEAD_BYTES = 5;

  /** The bytes of an id before its text. */
  public static final int ID_BYTES = 20;

  private static final int LIMITS = 0;
  private static final int IDS = 1;

  private static final int MAX_DURATION = 86_400;
  private static final int MAX_MAXSIZE = 10_000;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Receives the contents of a part. */
  public interface Part {
    /** Receives the limits and the counts of a stream. */
    void limits(int durationSeconds, int maxsize, long added, long duplicates) throws RdbException;

    /** Receives an id; the offsets of producer and id are in {@code memory}. */
    void id(
        MemorySegment memory,
        long producer,
        int producerLength,
        long text,
        int textLength,
        long millis,
        long sequence)
        throws RdbException;
  }

  private RdbIdempotency() {}

  /** Writes the limits to memory, {@link #LIMITS_BYTES} long. */
  public static void putLimits(
      MemorySegment memory,
      long at,
      int durationSeconds,
      int maxsize,
      long added,
      long duplicates) {
    memory.set(BYTE, at, (byte) LIMITS);
    memory.set(INT, at + 1, durationSeconds);
    memory.set(INT, at + 5, maxsize);
    memory.set(LONG, at + 9, added);
    memory.set(LONG, at + 17, duplicates);
  }

  /** Writes the start of a part with ids, {@link #HEAD_BYTES} long; the name follows. */
  public static void putHead(MemorySegment memory, long at, int nameLength) {
    memory.set(BYTE, at, (byte) IDS);
    memory.set(INT, at + 1, nameLength);
  }

  /** Writes the start of an id, {@link #ID_BYTES} long; its text follows. */
  public static void putId(
      MemorySegment memory, long at, long millis, long sequence, int textLength) {
    memory.set(LONG, at, millis);
    memory.set(LONG, at + 8, sequence);
    memory.set(INT, at + 16, textLength);
  }

  /** Passes the contents of a part on. */
  public static void read(MemorySegment memory, long offset, int length, Part part)
      throws RdbException {
    int kind = length == 0 ? -1 : memory.get(BYTE, offset);
    if (kind == LIMITS && length == LIMITS_BYTES) {
      int duration = memory.get(INT, offset + 1);
      int maxsize = memory.get(INT, offset + 5);
      long added = memory.get(LONG, offset + 9);
      long duplicates = memory.get(LONG, offset + 17);
      check(duration > 0 && duration <= MAX_DURATION);
      check(maxsize > 0 && maxsize <= MAX_MAXSIZE && added >= 0 && duplicates >= 0);
      part.limits(duration, maxsize, added, duplicates);
    } else {
      check(kind == IDS && length >= HEAD_BYTES);
      readIds(memory, offset, offset + length, part);
    }
  }

  private static void readIds(MemorySegment memory, long offset, long end, Part part)
      throws RdbException {
    int nameLength = memory.get(INT, offset + 1);
    long name = offset + HEAD_BYTES;
    check(nameLength > 0 && nameLength <= end - name);
    for (long at = name + nameLength; at < end; ) {
      check(end - at >= ID_BYTES);
      int textLength = memory.get(INT, at + 16);
      long text = at + ID_BYTES;
      check(textLength > 0 && textLength <= end - text);
      part.id(
          memory,
          name,
          nameLength,
          text,
          textLength,
          memory.get(LONG, at),
          memory.get(LONG, at + 8));
      at = text + textLength;
    }
  }

  private static void check(boolean valid) throws RdbException {
    if (!valid) {
      throw RdbException.refusal("Invalid idempotent ids of a stream");
    }
  }
}
