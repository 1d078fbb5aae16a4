package io.redoubt.server.value;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.Slabs;

/**
 * A small sorted set: a listpack of members, each followed by its score, in order of score and
 * member. A score is a whole number or its decimal text.
 */
final class PackedMembers {

  /** Whole numbers beyond these are text, as with Redis. */
  private static final double MIN_WHOLE = -0x1p52 + 1;

  private static final double MAX_WHOLE = 0x1p52;

  private PackedMembers() {}

  static int size(long listpack) {
    return Listpack.count(MEMORY, listpack) / 2;
  }

  /** The entry of a member, or {@link Listpack#NONE}. */
  static long find(long listpack, long address, int length) {
    return Listpack.find(MEMORY, Listpack.firstPosition(listpack), MEMORY, address, length, 1);
  }

  /** The score of the member whose entry this is. */
  static double score(long member) {
    long entry = Listpack.after(MEMORY, member);
    return Listpack.isInteger(MEMORY, entry)
        ? Listpack.integer(MEMORY, entry)
        : Doubles.parseOrNaN(
            MEMORY, Listpack.bytesAt(MEMORY, entry), Listpack.bytesLength(MEMORY, entry));
  }

  /** The entry of the next member, or {@link Listpack#NONE}. */
  static long next(long member) {
    return Listpack.next(MEMORY, Listpack.after(MEMORY, member));
  }

  /** The entry of the member before, or {@link Listpack#NONE}. */
  static long previous(long listpack, long member) {
    long score = Listpack.previous(MEMORY, listpack, member);
    return score == Listpack.NONE ? Listpack.NONE : Listpack.previous(MEMORY, listpack, score);
  }

  /** The entry of the member with so many before it, or {@link Listpack#NONE}. */
  static long at(long listpack, long rank) {
    return rank < 0 || rank >= size(listpack)
        ? Listpack.NONE
        : Listpack.at(MEMORY, listpack, (int) rank * 2);
  }

  /** How many members are before the entry. */
  static int rank(long listpack, long member) {
    int rank = 0;
    for (long at = Listpack.firstPosition(listpack); at != member; rank++) {
      at = Listpack.after(MEMORY, Listpack.after(MEMORY, at));
    }
    return rank;
  }

  /** How many members have a score below, or not above when {@code orEqual}. */
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

  /** How many members are before these bytes, they themselves included when {@code orEqual}. */
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

  /** The position at which a member of that score is to be inserted. */
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

  /** Whether a score is an entry of a whole number. */
  static boolean isWhole(double score) {
    return score >= MIN_WHOLE && score <= MAX_WHOLE && (long) score == score;
  }

  /** How many bytes the two entries of a member and a score take; the score's text is given. */
  static long entriesBytes(long address, int length, double score, long text, int textLength) {
    return Listpack.entryBytes(MEMORY, address, length)
        + (isWhole(score)
            ? Listpack.entryBytes((long) score)
            : Listpack.entryBytes(MEMORY, text, textLength));
  }

  /** Inserts a member and its score in place, in a block that has the room. */
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

  /** Takes members and their scores out, in place. */
  static void delete(long listpack, long member, int count) {
    Listpack.delete(MEMORY, listpack, member, 2 * count, MEMORY, listpack);
  }
}
