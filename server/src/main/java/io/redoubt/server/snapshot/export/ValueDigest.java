package io.redoubt.server.snapshot.export;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.protocol.bytes.Doubles;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Adds a value to a digest, independent of its encoding: elements of lists and streams in order,
 * those of other collections regardless of the order. Consumer groups and expiry times of fields
 * are excluded.
 */
final class ValueDigest implements RdbValueVisitor {

  /** Redis' type numbers. The number before the stream's is that of modules. */
  private static final int STRING = 0;

  private static final int LIST = 1;
  private static final int SET = 2;
  private static final int ZSET = 3;
  private static final int HASH = 4;
  private static final int STREAM = 6;

  private static final int DELETED = 1;
  private static final int SAME_FIELDS = 2;

  private final Sha1Digest digest;
  private final Sha1Digest element = new Sha1Digest();

  ValueDigest(Sha1Digest digest) {
    this.digest = digest;
  }

  private void type(int number) {
    digest.chain(new byte[] {0, 0, 0, (byte) number});
  }

  private static byte[] bytes(MemorySegment memory, long offset, int length) {
    return memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] bytes(RdbBytes bytes) {
    return bytes(bytes.memory(), bytes.offset(), bytes.length());
  }

  private static byte[] text(MemorySegment memory, long entry) {
    byte[] text = new byte[Listpack.textLength(memory, entry)];
    Listpack.copyText(memory, entry, MemorySegment.ofArray(text), 0);
    return text;
  }

  private void pair(byte[] first, byte[] second) {
    element.reset();
    element.chain(first);
    element.chain(second);
    digest.mix(element.bytes());
  }

  private void mixScored(byte[] member, double score) {
    element.reset();
    element.chain(member);
    element.chain(printed(score));
    digest.mix(element.bytes());
  }

  /** Formats a number with 17 significant digits, like {@code %.17g} in C. */
  static String printed(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    BigDecimal rounded =
        new BigDecimal(value)
            .round(new MathContext(17, RoundingMode.HALF_EVEN))
            .stripTrailingZeros();
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (exponent >= -4 && exponent < 17) {
      return rounded.toPlainString();
    }
    String digits = rounded.unscaledValue().abs().toString();
    String fraction = digits.length() == 1 ? "" : "." + digits.substring(1);
    String sign = value < 0 ? "-" : "";
    return String.format(
        Locale.ROOT,
        "%s%s%se%s%02d",
        sign,
        digits.charAt(0),
        fraction,
        exponent < 0 ? "-" : "+",
        Math.abs(exponent));
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    type(STRING);
    digest.chain(bytes(memory, offset, length));
  }

  @Override
  public void integer(RdbKey key, long value) {
    type(STRING);
    digest.chain(Long.toString(value));
  }

  @Override
  public void packed(RdbKey key, RdbType type, MemorySegment memory, long offset, int length) {
    switch (type) {
      case SET_INTSET -> {
        type(SET);
        for (int i = 0; i < Intset.count(memory, offset); i++) {
          digest.mix(Long.toString(Intset.at(memory, offset, i)).getBytes(US_ASCII));
        }
      }
      case SET_LISTPACK -> {
        type(SET);
        for (long at = Listpack.first(memory, offset);
            at != Listpack.NONE;
            at = Listpack.next(memory, at)) {
          digest.mix(text(memory, at));
        }
      }
      case ZSET_LISTPACK -> {
        type(ZSET);
        for (long at = Listpack.first(memory, offset); at != Listpack.NONE; ) {
          long score = Listpack.next(memory, at);
          mixScored(text(memory, at), score(memory, score));
          at = Listpack.next(memory, score);
        }
      }
      default -> {
        type(HASH);
        for (long at = Listpack.first(memory, offset); at != Listpack.NONE; ) {
          long value = Listpack.next(memory, at);
          pair(text(memory, at), text(memory, value));
          at = Listpack.next(memory, value);
        }
      }
    }
  }

  private static double score(MemorySegment memory, long entry) {
    return Listpack.isInteger(memory, entry)
        ? Listpack.integer(memory, entry)
        : Doubles.parseOrNaN(
            memory, Listpack.bytesAt(memory, entry), Listpack.bytesLength(memory, entry));
  }

  @Override
  public void beginList(RdbKey key, RdbType type, long parts) {
    type(LIST);
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {
    for (long at = Listpack.first(memory, offset);
        at != Listpack.NONE;
        at = Listpack.next(memory, at)) {
      digest.chain(text(memory, at));
    }
  }

  @Override
  public void listElement(RdbBytes listElement) {
    digest.chain(bytes(listElement));
  }

  @Override
  public void beginSet(RdbKey key, long members) {
    type(SET);
  }

  @Override
  public void setMember(RdbBytes member) {
    digest.mix(bytes(member));
  }

  @Override
  public void beginSortedSet(RdbKey key, long members) {
    type(ZSET);
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {
    mixScored(bytes(member), score);
  }

  @Override
  public void beginHash(RdbKey key, long fields, long nextExpiryMillis) {
    type(HASH);
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) {
    pair(bytes(field), bytes(value));
  }

  @Override
  public void beginStream(RdbKey key, RdbType type, long nodes) {
    type(STREAM);
  }

  /** Chains the id and the fields and values of each entry that is not deleted. */
  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {
    long names = skip(memory, Listpack.first(memory, offset), 2);
    long headFields = Listpack.integer(memory, names);
    names = Listpack.next(memory, names);
    long at = skip(memory, names, headFields + 1);
    while (at != Listpack.NONE) {
      long flags = Listpack.integer(memory, at);
      at = Listpack.next(memory, at);
      final long entryMillis = millis + Listpack.integer(memory, at);
      at = Listpack.next(memory, at);
      final long entrySequence = sequence + Listpack.integer(memory, at);
      at = Listpack.next(memory, at);
      boolean sameFields = (flags & SAME_FIELDS) != 0;
      long fields = headFields;
      if (!sameFields) {
        fields = Listpack.integer(memory, at);
        at = Listpack.next(memory, at);
      }
      if ((flags & DELETED) != 0) {
        at = skip(memory, at, (sameFields ? fields : 2 * fields) + 1);
        continue;
      }
      digest.chain(Long.toUnsignedString(entryMillis) + "." + Long.toUnsignedString(entrySequence));
      long name = names;
      for (long i = 0; i < fields; i++) {
        if (sameFields) {
          digest.chain(text(memory, name));
          name = Listpack.next(memory, name);
        } else {
          digest.chain(text(memory, at));
          at = Listpack.next(memory, at);
        }
        digest.chain(text(memory, at));
        at = Listpack.next(memory, at);
      }
      at = Listpack.next(memory, at);
    }
  }

  private static long skip(MemorySegment memory, long entry, long count) {
    long at = entry;
    for (long i = 0; i < count; i++) {
      at = Listpack.next(memory, at);
    }
    return at;
  }

  @Override
  public void endValue() {
    // all parts have been added
  }

  @Override
  public void empty(RdbKey key) {
    throw new IllegalStateException("a key without elements");
  }
}
