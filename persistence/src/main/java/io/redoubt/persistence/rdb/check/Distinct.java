package io.redoubt.persistence.rdb.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.persistence.rdb.RdbBytes;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds the elements of a collection that come again, by digests. Bounded: the elements of a
 * collection of very many count as distinct, because no released Redis repeats elements of a hash
 * table.
 */
final class Distinct {

  private static final int MAX_ELEMENTS = 100_000;

  private record Digest(long high, long low) {}

  private final Set<Digest> seen = new HashSet<>();
  private final MessageDigest digest;
  private boolean examines;
  private long repeated;

  Distinct() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  void begin(long elements) {
    seen.clear();
    repeated = 0;
    examines = elements <= MAX_ELEMENTS;
  }

  /** Returns true if the element was not there yet. */
  boolean add(RdbBytes element) {
    if (!examines) {
      return true;
    }
    ByteBuffer sum =
        ByteBuffer.wrap(
            digest.digest(
                element.memory().asSlice(element.offset(), element.length()).toArray(JAVA_BYTE)));
    boolean added = seen.add(new Digest(sum.getLong(), sum.getLong()));
    repeated += added ? 0 : 1;
    return added;
  }

  /** Returns the number of repeated elements. */
  long repeated() {
    return repeated;
  }
}
