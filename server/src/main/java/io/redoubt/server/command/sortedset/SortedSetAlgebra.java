package io.redoubt.server.command.sortedset;

import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.set.OperandIndexes;
import io.redoubt.server.value.set.SetMembers;
import io.redoubt.server.value.set.Sets;
import io.redoubt.server.value.sortedset.SortedSetBuilder;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;
import java.util.Arrays;

/**
 * Union, intersection and difference of sorted sets and sets. Members of a set have the score 1.
 * Sources are identified by index; the source of a missing key is empty.
 */
final class SortedSetAlgebra {

  /** The combination of a member's scores. */
  enum Aggregate {
    SUM,
    MIN,
    MAX,

    /** The sum of the weights of the sources that have the member, whatever its scores. */
    COUNT;

    double weighed(double weight, double score) {
      return this == COUNT ? weight : weight * score;
    }

    double of(double a, double b) {
      return switch (this) {
        case SUM, COUNT -> numberOrZero(a + b);
        case MIN -> b < a ? b : a;
        case MAX -> b > a ? b : a;
      };
    }
  }

  /** The members that a result is sized for at most, since it may turn out to be empty. */
  private static final long MAX_EXPECTED = 1024;

  /**
   * The sources of a union up to which looking for each member in all others costs less than to
   * change the scores of members that several have.
   */
  private static final int MAX_LOOKED_UP = 4;

  private static final int NONE = -1;

  /** Enough for the number of a source: a request has at most 2^20 arguments. */
  private static final int INDEX_BITS = 21;

  private final Slabs slabs;
  private final Sets sets;
  private final SortedSets sortedSets;
  private final OperandIndexes indexes;
  private final SortedSetBuilder result;
  private final long[] sources;
  private final double[] weights;
  private Aggregate aggregate = Aggregate.SUM;

  /** Creates an operation on sources that are added later, each of weight 1. */
  SortedSetAlgebra(Call call, int count) {
    slabs = call.keyspace().slabs();
    sets = call.values().sets();
    sortedSets = call.values().sortedSets();
    indexes = call.values().operandIndexes();
    result = sortedSets.builder();
    sources = new long[count];
    weights = new double[count];
    Arrays.fill(weights, 1);
  }

  void source(int i, long entry) {
    sources[i] = entry;
  }

  void weight(int i, double weight) {
    weights[i] = weight;
  }

  void setAggregate(Aggregate how) {
    aggregate = how;
  }

  /** Returns true if Redis 7.2 can compute the same. */
  boolean isOld() {
    return aggregate != Aggregate.COUNT;
  }

  private static double numberOrZero(double value) {
    return Double.isNaN(value) ? 0 : value;
  }

  private boolean isSet(long entry) {
    return Entry.type(entry) == Type.SET;
  }

  private long size(long entry) {
    if (entry == Entry.NONE) {
      return 0;
    }
    return isSet(entry) ? sets.size(entry) : sortedSets.size(entry);
  }

  /** Prepares to look for the members of one source in all others. */
  private void lookFor(int members) {
    lookFor(members, size(sources[members]));
  }

  /** Prepares to look for some number of members in all sources but one, or {@link #NONE}. */
  private void lookFor(int excepted, long lookups) {
    indexes.clear();
    for (int i = 0; i < sources.length; i++) {
      if (i != excepted) {
        indexes.allow(i, sources[i], step(sources[i]), lookups);
      }
    }
  }

  /** Returns the number of entries of a member in a listpack. */
  private int step(long entry) {
    return entry == Entry.NONE || isSet(entry) ? 1 : 2;
  }

  /** Returns the score of a member in a source, or NaN if it is not there. */
  private double score(int source, long address, int length) {
    long entry = sources[source];
    if (entry == Entry.NONE) {
      return Double.NaN;
    }
    if (indexes.isAllowed(source)) {
      long member = indexes.find(source, entry, step(entry), address, length);
      if (member == OperandIndexes.NONE) {
        return Double.NaN;
      }
      return isSet(entry) ? 1 : SortedSets.score(member);
    }
    if (isSet(entry)) {
      return sets.contains(entry, address, length) ? 1 : Double.NaN;
    }
    return sortedSets.score(entry, address, length);
  }

  /** Visits a member of a source; returns false to stop. */
  @FunctionalInterface
  private interface Visitor {
    boolean visit(long address, int length, double score);
  }

  private void forEach(long entry, Visitor visitor) {
    if (entry == Entry.NONE) {
      return;
    }
    if (isSet(entry)) {
      try (SetMembers members = new SetMembers(slabs)) {
        members.iterate(entry);
        while (members.next() && visitor.visit(members.address(), members.length(), 1)) {
          // the visitor has done it
        }
      }
      return;
    }
    try (SortedSetCursor cursor = sortedSets.cursor()) {
      boolean more = cursor.seek(entry, 0);
      while (more && visitor.visit(cursor.memberAddress(), cursor.memberLength(), cursor.score())) {
        more = cursor.next();
      }
    }
  }

  /** Builds the union, like Redis from the smallest source on: the order of a sum can matter. */
  SortedSetBuilder union() {
    int[] order = bySize();
    if (sources.length <= MAX_LOOKED_UP) {
      uniteByLookups(order);
    } else {
      uniteByChanges(order);
    }
    return result;
  }

  /** Adds each member once, when its first source is visited, with its scores in the others. */
  private void uniteByLookups(int[] order) {
    long largest = sources[order[order.length - 1]];
    lookFor(NONE, size(largest));
    result.begin(expected(largest));
    for (int i = 0; i < order.length; i++) {
      int place = i;
      forEach(
          sources[order[i]],
          (address, length, score) -> {
            if (!isInFirst(order, place, address, length)) {
              result.addNew(address, length, unite(order, place, address, length, score));
            }
            return true;
          });
    }
  }

  /** Returns true if one of the first sources in an order has a member. */
  private boolean isInFirst(int[] order, int count, long address, int length) {
    for (int i = 0; i < count; i++) {
      if (!Double.isNaN(score(order[i], address, length))) {
        return true;
      }
    }
    return false;
  }

  /** Returns the aggregated score of a member that the source at a place is the first to have. */
  private double unite(int[] order, int place, long address, int length, double score) {
    double sum = numberOrZero(aggregate.weighed(weights[order[place]], score));
    for (int i = place + 1; i < order.length; i++) {
      double other = score(order[i], address, length);
      if (!Double.isNaN(other)) {
        double weighed = numberOrZero(aggregate.weighed(weights[order[i]], other));
        sum = aggregate.of(sum, weighed);
      }
    }
    return sum;
  }

  /** Adds the members source by source, and changes the scores of those that are there already. */
  private void uniteByChanges(int[] order) {
    result.begin(0);
    for (int i : order) {
      double weight = weights[i];
      forEach(
          sources[i],
          (address, length, score) -> {
            double weighed = numberOrZero(aggregate.weighed(weight, score));
            if (!result.add(address, length, weighed)) {
              double before = result.score(address, length);
              result.change(address, length, aggregate.of(before, weighed));
            }
            return true;
          });
    }
  }

  /** Builds the intersection. */
  SortedSetBuilder intersection() {
    int[] order = bySize();
    lookFor(order[0]);
    result.begin(expected(sources[order[0]]));
    forEach(
        sources[order[0]],
        (address, length, score) -> {
          double sum = intersect(order, address, length, score);
          if (!Double.isNaN(sum)) {
            result.addNew(address, length, sum);
          }
          return true;
        });
    return result;
  }

  /** Counts the members of the intersection, up to a limit; 0 for none. */
  long countIntersection(long limit) {
    int[] order = bySize();
    lookFor(order[0]);
    long[] count = {0};
    forEach(
        sources[order[0]],
        (address, length, score) -> {
          if (!Double.isNaN(intersect(order, address, length, score))) {
            count[0]++;
          }
          return count[0] != limit || limit == 0;
        });
    return count[0];
  }

  /**
   * Returns the aggregated score of a member of the first source in the given order, or NaN if
   * another source lacks it.
   */
  private double intersect(int[] order, long address, int length, double score) {
    double sum = numberOrZero(aggregate.weighed(weights[order[0]], score));
    for (int i = 1; i < order.length; i++) {
      double other = score(order[i], address, length);
      if (Double.isNaN(other)) {
        return Double.NaN;
      }
      sum = aggregate.of(sum, aggregate.weighed(weights[order[i]], other));
    }
    return sum;
  }

  /** Returns the number of members to expect of a result that has at most those of a source. */
  private long expected(long source) {
    return Math.min(size(source), MAX_EXPECTED);
  }

  /** Returns the numbers of the sources, the smallest source first, equal ones in their order. */
  private int[] bySize() {
    long[] sorted = new long[sources.length];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = size(sources[i]) << INDEX_BITS | i;
    }
    Arrays.sort(sorted);
    int[] order = new int[sorted.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = (int) sorted[i] & (1 << INDEX_BITS) - 1;
    }
    return order;
  }

  /** Builds the difference of the first source and the others. */
  SortedSetBuilder difference() {
    lookFor(0);
    result.begin(expected(sources[0]));
    forEach(
        sources[0],
        (address, length, score) -> {
          for (int i = 1; i < sources.length; i++) {
            if (!Double.isNaN(score(i, address, length))) {
              return true;
            }
          }
          result.addNew(address, length, score);
          return true;
        });
    return result;
  }
}
