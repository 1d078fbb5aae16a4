package io.redoubt.persistence.aof;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A group of commands in the format of {@link CommitJournal}. At a multiple of {@link
 * #ALIGNMENT_BYTES}, little-endian:
 *
 * <pre>
 *  0  "REDOUBTJ"
 *  8  CRC-32C of the rest of the header and the bytes
 * 12  the number of bytes
 * 16  the generation
 * 24  the sequence number of the incremental file
 * 32  the offset of the bytes in that file
 * 40  the boot id of the system that wrote them, a UUID
 * 56  CRC-32C of the file's bytes before the generation's first entry
 * 60  the number of those bytes
 * 64  the bytes
 * </pre>
 *
 * @param generation the generation; entries of other generations are obsolete
 * @param sequence the sequence number of the incremental file
 * @param offset the offset of the bytes in that file
 * @param bootId the boot id of the system that wrote them
 * @param before the digest of the bytes before the generation's first entry
 */
public record JournalEntry(
    long generation, long sequence, long offset, UUID bootId, Before before) {

  /**
   * The largest sector size of common disks. Entries don't share sectors, so a torn write can't
   * damage an earlier entry.
   */
  public static final long ALIGNMENT_BYTES = 4096;

  public static final int HEAD_BYTES = 64;

  /** The maximum number of bytes preceding a generation that are recorded to identify the file. */
  static final long LONGEST_BEFORE_BYTES = 512;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final long MAGIC = 0x4a5442554f444552L; // REDOUBTJ
  private static final long SUM_AT = 8;
  private static final long LENGTH_AT = 12;
  private static final long GENERATION_AT = 16;
  private static final long SEQUENCE_AT = 24;
  private static final long OFFSET_AT = 32;
  private static final long BOOT_ID_AT = 40;
  private static final long BEFORE_SUM_AT = 56;
  private static final long BEFORE_LENGTH_AT = 60;

  /**
   * The digest of a file's bytes before a position.
   *
   * @param bytes the number of bytes
   * @param sum their CRC-32C
   */
  public record Before(int bytes, int sum) {
    public static final Before NOTHING = new Before(0, 0);

    /** Returns the digest of a range. */
    static Before of(MemorySegment memory, long from, long length) {
      return new Before((int) length, checksum(memory, from, length));
    }
  }

  static int checksum(MemorySegment memory, long from, long length) {
    CRC32C sum = new CRC32C();
    sum.update(memory.asSlice(from, length).asByteBuffer());
    return (int) sum.getValue();
  }

  /** Returns the size of an entry of {@code length} bytes, aligned. */
  public static long space(long length) {
    return (HEAD_BYTES + length + ALIGNMENT_BYTES - 1) & -ALIGNMENT_BYTES;
  }

  /** Writes the header in front of the bytes, which are in place already. */
  public void write(MemorySegment memory, long length) {
    memory.set(LONG, 0, MAGIC);
    memory.set(INT, LENGTH_AT, (int) length);
    memory.set(LONG, GENERATION_AT, generation);
    memory.set(LONG, SEQUENCE_AT, sequence);
    memory.set(LONG, OFFSET_AT, offset);
    memory.set(LONG, BOOT_ID_AT, bootId.getMostSignificantBits());
    memory.set(LONG, BOOT_ID_AT + Long.BYTES, bootId.getLeastSignificantBits());
    memory.set(INT, BEFORE_SUM_AT, before.sum);
    memory.set(INT, BEFORE_LENGTH_AT, before.bytes);
    memory.set(INT, SUM_AT, checksum(memory, LENGTH_AT, HEAD_BYTES - LENGTH_AT + length));
  }

  /** Returns the entry at an offset, or null if it is missing or torn. */
  public static @Nullable JournalEntry read(MemorySegment memory, long at) {
    if (!isBegun(memory, at)) {
      return null;
    }
    long length = length(memory, at);
    if (length < 0
        || length > memory.byteSize() - at - HEAD_BYTES
        || memory.get(INT, at + SUM_AT)
            != checksum(memory, at + LENGTH_AT, HEAD_BYTES - LENGTH_AT + length)) {
      return null;
    }
    return new JournalEntry(
        memory.get(LONG, at + GENERATION_AT),
        memory.get(LONG, at + SEQUENCE_AT),
        memory.get(LONG, at + OFFSET_AT),
        new UUID(memory.get(LONG, at + BOOT_ID_AT), memory.get(LONG, at + BOOT_ID_AT + Long.BYTES)),
        new Before(memory.get(INT, at + BEFORE_LENGTH_AT), memory.get(INT, at + BEFORE_SUM_AT)));
  }

  /** Returns true if an entry starts at an offset, complete or torn. */
  static boolean isBegun(MemorySegment memory, long at) {
    return memory.byteSize() - at >= HEAD_BYTES && memory.get(LONG, at) == MAGIC;
  }

  /** Returns the number of bytes of the entry at an offset. */
  public static long length(MemorySegment memory, long at) {
    return memory.get(INT, at + LENGTH_AT);
  }
}
