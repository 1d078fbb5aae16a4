package io.redoubt.server.value.sortedset;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.Slabs;

/**
 * A small sorted set: a listpack of members, each followed by its score, ordered by score and
 * member. A score is stored as an integer or as its decimal text.
 */
public final class PackedMembers {

  /** Redis stores integers beyond these bounds as text. */
  private static final double MIN_WHOLE = -0x1p52 + 1;

  private static final double MAX_WHOLE = 0x1p52;

  /** The maximum size of the entries of a member and its score, without the member's bytes. */
  static final int MAX_OVERHEAD_BYTES = 16 + Doubles.MAX_LENGTH;

  private PackedMembers() {}

  static int size(long listpack) {
    return Listpack.count(MEMORY, listpack) / 2;
  }

  /** Returns the entry of a member, or {@link Listpack#NONE}. */
  static long find(long listpack, long address, int length) {
    return Listpack.find(MEMORY, Listpack.firstPosition(listpack), MEMORY, address, length, 1);
  }

  static double score(long member) {
    long entry = Listpack.after(MEMORY, member);
    return Listpack.isInteger(MEMORY, entry)
        ? Listpack.integer(MEMORY, entry)
        : Doubles.parseOrNaN(
            MEMORY, Listpack.bytesAt(MEMORY, entry), Listpack.bytesLength(MEMORY, entry));
  }

  /** Returns the entry of the next member, or {@link Listpack#NONE}. */
  static long next(long member) {
    return Listpack.next(MEMORY, Listpack.after(MEMORY, member));
  }

  /** Returns the entry of the previous member, or {@link Listpack#NONE}. */
  static long previous(long listpack, long member) {
    long score = Listpack.previous(MEMORY, listpack, member);
    return score == Listpack.NONE ? Listpack.NONE : Listpack.previous(MEMORY, listpack, score);
  }

  /** Returns the entry of the member at a rank, or {@link Listpack#NONE}. */
  static long at(long listpack, long rank) {
    return rank < 0 || rank >= size(listpack)
        ? Listpack.NONE
        : Listpack.at(MEMORY, listpack, (int) rank * 2);
  }

  static int rank(long listpack, long member) {
    int rank = 0;
    for (long at = Listpack.firstPosition(listpack); at != member; rank++) {
      at = Listpack.after(MEMORY, Listpack.after(MEMORY, at));
    }
    return rank;
  }

  /**
   * Returns the number of members with a score below the given one, or up to it if {@code orEqual}.
   */
  static int countBelow(long listpack, double score, boolean orEqual) {
    int count = 0;
    long at = Listpack.first(MEMORY, listpack);
    while (at != Listpack.NONE) {
      double other = score(at);
      if (orEqual ? other > score : other >= score) {
        break;
      }
      count++;
      at = next(at);
    }
    return count;
  }

  /**
   * Returns the number of members ordered before the given bytes, or up to them if {@code orEqual}.
   */
  static int countBelow(Slabs slabs, long listpack, long address, int length, boolean orEqual) {
    int count = 0;
    long at = Listpack.first(MEMORY, listpack);
    while (at != Listpack.NONE) {
      int order = compareMember(slabs, at, address, length);
      if (orEqual ? order > 0 : order >= 0) {
        break;
      }
      count++;
      at = next(at);
    }
    return count;
  }

  private static int compareMember(Slabs slabs, long member, long address, int length) {
    if (!Listpack.isInteger(MEMORY, member)) {
      return MemberOrder.compare(
          Listpack.bytesAt(MEMORY, member), Listpack.bytesLength(MEMORY, member), address, length);
    }
    long digits = slabs.allocateFar(Numbers.MAX_LONG_LENGTH);
    int count = Numbers.writeLong(MEMORY, digits, Listpack.integer(MEMORY, member));
    int order = MemberOrder.compare(digits, count, address, length);
    slabs.free(digits, Numbers.MAX_LONG_LENGTH);
    return order;
  }

  /** Returns the position at which to insert a member with that score. */
  static long position(Slabs slabs, long listpack, long address, int length, double score) {
    long at = Listpack.first(MEMORY, listpack);
    while (at != Listpack.NONE) {
      double other = score(at);
      if (other > score || (other == score && compareMember(slabs, at, address, length) > 0)) {
        return at;
      }
      at = next(at);
    }
    return Listpack.end(MEMORY, listpack);
  }

  /** Returns true if a score is stored as an integer. */
  static boolean isWhole(double score) {
    return score >= MIN_WHOLE && score <= MAX_WHOLE && (long) score == score;
  }

  /** Returns the size of the entries of a member and of the text of its score. */
  static long entriesBytes(long address, int length, double score, long text, int textLength) {
    return Listpack.entryBytes(MEMORY, address, length)
        + (isWhole(score)
            ? Listpack.entryBytes((long) score)
            : Listpack.entryBytes(MEMORY, text, textLength));
  }

  /** Inserts a member and its score in place, in a block with enough room. */
  static void insert(
      long listpack,
      long position,
      long address,
      int length,
      double score,
      long text,
      int textLength) {
    long member =
        Listpack.insert(MEMORY, listpack, position, MEMORY, address, length, MEMORY, listpack);
    long behind = Listpack.after(MEMORY, member);
    if (isWhole(score)) {
      Listpack.insert(MEMORY, listpack, behind, (long) score, MEMORY, listpack);
    } else {
      Listpack.insert(MEMORY, listpack, behind, MEMORY, text, textLength, MEMORY, listpack);
    }
  }

  /**
   * Appends a member and its score in place, in a block with enough room.
   *
   * @param text room for {@link Doubles#MAX_LENGTH} bytes
   */
  static void append(long listpack, long address, int length, double score, long text) {
    Listpack.append(MEMORY, listpack, MEMORY, address, length, MEMORY, listpack);
    if (isWhole(score)) {
      Listpack.append(MEMORY, listpack, (long) score, MEMORY, listpack);
    } else {
      int textLength = Doubles.write(MEMORY, text, score);
      Listpack.append(MEMORY, listpack, MEMORY, text, textLength, MEMORY, listpack);
    }
  }

  /** Removes members and their scores in place. */
  static void delete(long listpack, long member, int count) {
    Listpack.delete(MEMORY, listpack, member, 2 * count, MEMORY, listpack);
  }
}
