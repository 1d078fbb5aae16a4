package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.ListpackCheck;
import io.redoubt.persistence.packed.PackedDuplicates;
import io.redoubt.persistence.packed.PackedException;
import io.redoubt.persistence.packed.StreamListpack;
import io.redoubt.persistence.packed.Ziplist;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Utf8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Validates packed collections from a stream and converts old formats to listpacks. The result is
 * kept in fields, to avoid allocation.
 */
final class PackedReader implements AutoCloseable {

  /**
   * The maximum number of tuples that are checked for duplicates here, on the Java heap; for more,
   * the visitor checks.
   */
  private static final int MAX_COMPARED = 1 << 16;

  private final BufferMemory buffers;
  private final PackedDuplicates duplicates = new PackedDuplicates();
  private final List<String> repairs = new ArrayList<>();
  private BufferMemory.@Nullable Block scratch;
  private boolean trusted;

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private long length;
  private boolean orderly;

  PackedReader(BufferMemory buffers) {
    this.buffers = buffers;
  }

  /** Disables the validation of listpacks and intsets. */
  void trust() {
    trusted = true;
  }

  boolean isTrusted() {
    return trusted;
  }

  @Override
  public void close() {
    if (scratch != null) {
      buffers.free(scratch);
      scratch = null;
    }
  }

  /** Returns the memory of the last collection. */
  MemorySegment memory() {
    return memory;
  }

  long offset() {
    return offset;
  }

  int length() {
    return (int) length;
  }

  /** Returns true if the last listpack has no elements. */
  boolean isEmpty() {
    return Listpack.first(memory, offset) == Listpack.NONE;
  }

  void listpack(RdbType type, RdbBytes bytes, long at) throws RdbException {
    take(bytes);
    if (!trusted) {
      try {
        ListpackCheck.validate(memory, offset, length);
      } catch (PackedException e) {
        throw corrupt(type, at, e);
      }
    }
  }

  /** Reads a ziplist of a value of the given type and converts it to a listpack. */
  void ziplist(RdbType type, RdbBytes bytes, long at) throws RdbException {
    take(bytes);
    BufferMemory.Block target = room(Ziplist.maxConvertedBytes(length), at);
    try {
      length = Ziplist.toListpack(memory, offset, length, target.memory(), target.offset());
    } catch (PackedException e) {
      throw corrupt(type, at, e);
    }
    moveTo(target);
  }

  /** Reads a node of a stream and corrects the counts in its head. */
  void stream(RdbBytes bytes, StreamListpack node, long at) throws RdbException {
    take(bytes);
    if (!trusted && node.hasWrongCounts()) {
      BufferMemory.Block target = room(length + StreamListpack.MAX_GROWTH_BYTES, at);
      length = node.correctCounts(target.memory(), target.offset());
      moveTo(target);
    }
  }

  /**
   * Returns true if the last collection has no duplicates and, if its type demands it, is in order;
   * otherwise it is passed on by {@link PackedElements}.
   */
  boolean isOrderly() {
    return orderly;
  }

  /** Returns the defects of the last collection to be repaired, other than duplicates. */
  List<String> repairs() {
    return repairs;
  }

  /**
   * Reads the collection of a type that has a single packed block.
   *
   * @return the type after the conversion, or null if the collection is empty
   */
  @Nullable RdbType collection(RdbType type, RdbBytes bytes, long at) throws RdbException {
    orderly = true;
    repairs.clear();
    if (type == RdbType.SET_INTSET) {
      return intset(bytes, at);
    }
    switch (type) {
      case HASH_ZIPLIST, ZSET_ZIPLIST, LIST_ZIPLIST -> ziplist(type, bytes, at);
      default -> listpack(type, bytes, at);
    }
    if (isEmpty()) {
      return null;
    }
    return switch (type) {
      case HASH_ZIPLIST, HASH_LISTPACK -> {
        checkTuples(type, 2, at);
        yield RdbType.HASH_LISTPACK;
      }
      case HASH_LISTPACK_EX -> {
        checkTuples(type, 3, at);
        checkExpiries(type, at);
        yield RdbType.HASH_LISTPACK_EX;
      }
      case ZSET_ZIPLIST, ZSET_LISTPACK -> {
        checkTuples(type, 2, at);
        checkScores(type, at);
        yield RdbType.ZSET_LISTPACK;
      }
      case SET_LISTPACK -> {
        checkTuples(type, 1, at);
        yield RdbType.SET_LISTPACK;
      }
      default -> RdbType.LIST_QUICKLIST_2;
    };
  }

  private @Nullable RdbType intset(RdbBytes bytes, long at) throws RdbException {
    take(bytes);
    if (!trusted) {
      try {
        Intset.validate(memory, offset, length);
      } catch (PackedException e) {
        throw corrupt(RdbType.SET_INTSET, at, e);
      }
      orderly = Intset.isAscending(memory, offset);
      if (!orderly) {
        repairs.add("an intset out of order was sorted");
      }
    }
    return Intset.count(memory, offset) == 0 ? null : RdbType.SET_INTSET;
  }

  private void take(RdbBytes bytes) {
    memory = bytes.memory();
    offset = bytes.offset();
    length = bytes.length();
  }

  private void moveTo(BufferMemory.Block target) {
    memory = target.memory();
    offset = target.offset();
  }

  private BufferMemory.Block room(long bytes, long at) throws RdbException {
    if (bytes > Listpack.MAX_BYTES) {
      throw new RdbException(at, "Too large a packed collection: " + length + " bytes");
    }
    BufferMemory.Block block = scratch;
    if (block == null || block.sizeBytes() < bytes) {
      close();
      block = buffers.allocate(Math.max(bytes, 1 << 12));
      scratch = block;
    }
    return block;
  }

  private void checkTuples(RdbType type, int stride, long at) throws RdbException {
    if (trusted) {
      return;
    }
    int count = Listpack.count(memory, offset);
    if (count % stride != 0) {
      throw corrupt(type, at, count + " elements are not whole");
    }
    orderly = count / stride <= MAX_COMPARED && !duplicates.existIn(memory, offset, stride);
  }

  private void checkExpiries(RdbType type, long at) throws RdbException {
    if (trusted) {
      return;
    }
    for (long field = Listpack.first(memory, offset); field != Listpack.NONE; ) {
      long expiry = Listpack.next(memory, Listpack.next(memory, field));
      if (!Listpack.isInteger(memory, expiry) || Listpack.integer(memory, expiry) < 0) {
        throw corrupt(type, at, "invalid expiry of a field");
      }
      field = Listpack.next(memory, expiry);
    }
  }

  /** Checks that scores are numbers, and that pairs ascend by score and then by member. */
  private void checkScores(RdbType type, long at) throws RdbException {
    if (trusted) {
      return;
    }
    long before = Listpack.NONE;
    double scoreBefore = 0;
    boolean numbers = true;
    boolean ascending = true;
    for (long member = Listpack.first(memory, offset); member != Listpack.NONE; ) {
      long scoreEntry = Listpack.next(memory, member);
      double score = score(memory, scoreEntry);
      if (Double.isNaN(score)) {
        if (!isNan(scoreEntry)) {
          throw corrupt(type, at, "invalid score");
        }
        numbers = false;
        score = 0;
      }
      if (before != Listpack.NONE
          && (score < scoreBefore || (score == scoreBefore && compare(before, member) > 0))) {
        ascending = false;
      }
      before = member;
      scoreBefore = score;
      member = Listpack.next(memory, scoreEntry);
    }
    orderly &= numbers && ascending;
    if (!numbers) {
      repairs.add(RdbValueVisitor.NOT_A_NUMBER);
    }
    if (!ascending) {
      repairs.add("members out of order were sorted");
    }
  }

  /** Returns true if a score is the text of not a number, which Redis up to 2.2 could compute. */
  private boolean isNan(long entry) {
    String text = Utf8.decode(toText(entry).toArray(ValueLayout.JAVA_BYTE));
    return text.equals("nan") || text.equals("-nan");
  }

  /** Returns the number in an entry of a valid collection, 0 for not a number. */
  static double scoreOrZero(MemorySegment memory, long entry) {
    double score = score(memory, entry);
    return Double.isNaN(score) ? 0 : score;
  }

  /** Returns the number in an entry, NaN if it is none. */
  static double score(MemorySegment memory, long entry) {
    return Listpack.isInteger(memory, entry)
        ? Listpack.integer(memory, entry)
        : Doubles.parseOrNaN(
            memory, Listpack.bytesAt(memory, entry), Listpack.bytesLength(memory, entry));
  }

  private int compare(long one, long other) {
    if (!Listpack.isInteger(memory, one) && !Listpack.isInteger(memory, other)) {
      long oneAt = Listpack.bytesAt(memory, one);
      long otherAt = Listpack.bytesAt(memory, other);
      return compare(
          memory,
          oneAt,
          Listpack.bytesLength(memory, one),
          memory,
          otherAt,
          Listpack.bytesLength(memory, other));
    }
    MemorySegment a = toText(one);
    MemorySegment b = toText(other);
    return compare(a, 0, (int) a.byteSize(), b, 0, (int) b.byteSize());
  }

  /** Returns the text of an element on the heap; only integers and odd scores need it. */
  private MemorySegment toText(long entry) {
    MemorySegment text = MemorySegment.ofArray(new byte[Listpack.textLength(memory, entry)]);
    Listpack.copyText(memory, entry, text, 0);
    return text;
  }

  private static int compare(
      MemorySegment a, long aAt, int aLength, MemorySegment b, long bAt, int bLength) {
    long differs = MemorySegment.mismatch(a, aAt, aAt + aLength, b, bAt, bAt + bLength);
    if (differs < 0 || differs == Math.min(aLength, bLength)) {
      return Integer.compare(aLength, bLength);
    }
    return Integer.compare(
        a.get(ValueLayout.JAVA_BYTE, aAt + differs) & 0xff,
        b.get(ValueLayout.JAVA_BYTE, bAt + differs) & 0xff);
  }

  static RdbException corrupt(RdbType type, long at, PackedException e) {
    return corrupt(type, at, e.reason() + " (byte " + e.offset() + " of it)");
  }

  static RdbException corrupt(RdbType type, long at, String why) {
    return new RdbException(at, form(type) + " integrity check failed: " + why);
  }

  /** Returns Redis' name for the packed form of the type. */
  private static String form(RdbType type) {
    return switch (type) {
      case HASH_ZIPMAP -> "Zipmap";
      case HASH_ZIPLIST -> "Hash ziplist";
      case HASH_LISTPACK, HASH_LISTPACK_EX -> "Hash listpack";
      case ZSET_ZIPLIST -> "Zset ziplist";
      case ZSET_LISTPACK -> "Zset listpack";
      case LIST_ZIPLIST -> "List ziplist";
      case LIST_QUICKLIST -> "Ziplist";
      case SET_INTSET -> "Intset";
      case SET_LISTPACK -> "Set listpack";
      case STREAM_LISTPACKS, STREAM_LISTPACKS_2, STREAM_LISTPACKS_3 -> "Stream listpack";
      default -> "Listpack";
    };
  }
}
