package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.ListpackFormat.COUNT_AT;
import static io.redoubt.persistence.packed.ListpackFormat.HEADER_BYTES;
import static io.redoubt.persistence.packed.ListpackFormat.UNKNOWN_COUNT;
import static io.redoubt.persistence.packed.LittleEndian.unsigned16;
import static io.redoubt.persistence.packed.LittleEndian.unsignedByte;

import java.lang.foreign.MemorySegment;

/** Validates listpacks from untrusted sources. */
public final class ListpackCheck {
  private ListpackCheck() {}

  /**
   * Validates every byte of an untrusted listpack, without reading beyond it.
   *
   * @param length the number of bytes available
   * @throws PackedException if it is not valid
   */
  public static void validate(MemorySegment memory, long start, long length)
      throws PackedException {
    long end = validateEnds(memory, start, length);
    int count = 0;
    long at = start + HEADER_BYTES;
    for (; at < end; count++) {
      at = validateEntry(memory, start, at, end);
    }
    validateCount(memory, start, count);
  }

  /** Validates the size and the end marker; returns the offset of the latter. */
  static long validateEnds(MemorySegment memory, long start, long length) throws PackedException {
    if (length < Listpack.EMPTY_BYTES) {
      throw new PackedException(0, "listpack of fewer than " + Listpack.EMPTY_BYTES + " bytes");
    }
    if (Listpack.sizeBytes(memory, start) != length) {
      throw new PackedException(0, "listpack's size differs from the number of bytes");
    }
    long end = start + length - 1;
    if (!Listpack.isEnd(memory, end)) {
      throw new PackedException(length - 1, "listpack without end marker");
    }
    return end;
  }

  /** Validates the number of entries in the header. */
  static void validateCount(MemorySegment memory, long start, long count) throws PackedException {
    int stored = unsigned16(memory, start + COUNT_AT);
    if (stored != UNKNOWN_COUNT && stored != count) {
      throw new PackedException(COUNT_AT, "listpack's count of entries is wrong");
    }
  }

  /** Validates an entry before the end; returns the position behind it. */
  static long validateEntry(MemorySegment memory, long start, long entry, long end)
      throws PackedException {
    int first = unsignedByte(memory, entry);
    int shortBytes = ListpackFormat.shortBodyBytes(first);
    long next = entry + shortBytes + 1;
    if (shortBytes > 0 && next <= end && unsignedByte(memory, next - 1) == shortBytes) {
      return next;
    }
    if (!ListpackFormat.isEntry(first)) {
      throw new PackedException(entry - start, "listpack entry of unknown encoding");
    }
    if (ListpackFormat.prefixBytes(first) >= end - entry) {
      throw new PackedException(entry - start, "listpack entry beyond the end");
    }
    long bodyBytes = ListpackFormat.bodyBytes(memory, entry);
    int width = ListpackFormat.backLengthBytes(bodyBytes);
    if (bodyBytes + width > end - entry) {
      throw new PackedException(entry - start, "listpack entry beyond the end");
    }
    for (int i = 0; i < width; i++) {
      if (unsignedByte(memory, entry + bodyBytes + i)
          != ListpackFormat.backLengthByte(bodyBytes, width, i)) {
        throw new PackedException(
            entry + bodyBytes + i - start, "listpack entry's back-length is wrong");
      }
    }
    return entry + bodyBytes + width;
  }
}
