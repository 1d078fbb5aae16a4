package io.redoubt.embedded.simulation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the history of a register is linearizable: whether its operations have an order
 * that respects their times and in which each read returns the last written value.
 *
 * <p>The search is that of Wing and Gong (Testing and Verifying Concurrent Objects, 1993) with
 * Lowe's memory of visited states (Testing for Linearizability, 2017): an operation may come next
 * if it was invoked before any other remaining one had returned; each set of executed operations
 * with the value after them is visited once. An operation of unknown outcome never returns: it may
 * take effect at any later time, or never.
 */
final class RegisterChecker {
  /** The time at which an operation of unknown outcome returns. */
  static final long NEVER = Long.MAX_VALUE;

  /**
   * An operation.
   *
   * @param invoked the unique time of its invocation
   * @param returned the time of its return, or {@link #NEVER}
   * @param writes true if it writes
   * @param written the value written
   * @param reads true if it returned the previous value
   * @param read that value, null for none
   */
  record Operation(
      long invoked,
      long returned,
      boolean writes,
      @Nullable String written,
      boolean reads,
      @Nullable String read) {
    static Operation write(long invoked, long returned, String value) {
      return new Operation(invoked, returned, true, value, false, null);
    }

    static Operation read(long invoked, long returned, @Nullable String value) {
      return new Operation(invoked, returned, false, null, true, value);
    }

    /** Returns an operation that writes a value and returns the previous one. */
    static Operation swap(long invoked, long returned, String value, @Nullable String before) {
      return new Operation(invoked, returned, true, value, true, before);
    }

    boolean isUnknown() {
      return returned == NEVER;
    }
  }

  private record Visited(BitSet done, @Nullable String value) {}

  private final List<Operation> operations;
  private final Set<Visited> visited = new HashSet<>();
  private final BitSet done = new BitSet();
  private final BitSet known = new BitSet();

  /** The operations on the current path, and the value before each of them. */
  private final List<Integer> path = new ArrayList<>();

  private final List<@Nullable String> values = new ArrayList<>();
  private int longest;
  private String stuckAt = "";

  private RegisterChecker(List<Operation> history) {
    operations = relevant(history);
    for (int i = 0; i < operations.size(); i++) {
      known.set(i, !operations.get(i).isUnknown());
    }
  }

  /**
   * Leaves out operations of unknown outcome whose value was never read: they may never take
   * effect.
   */
  private static List<Operation> relevant(List<Operation> history) {
    Set<String> seen =
        history.stream()
            .filter(each -> each.reads && !each.isUnknown())
            .flatMap(each -> Stream.ofNullable(each.read))
            .collect(Collectors.toSet());
    return history.stream()
        .filter(each -> !each.isUnknown() || (each.written != null && seen.contains(each.written)))
        .sorted(Comparator.comparingLong(Operation::invoked))
        .toList();
  }

  /**
   * Checks a history of a register that starts without a value.
   *
   * @return the candidates for the next operation after the longest order found, none of which is
   *     possible; null if the history is linearizable
   */
  static @Nullable String violation(List<Operation> history) {
    RegisterChecker checker = new RegisterChecker(history);
    return checker.search() ? null : checker.stuckAt;
  }

  /** Searches depth first without recursion, because histories are long. */
  private boolean search() {
    String value = null;
    int next = 0;
    while (true) {
      if (containsAll(done, known)) {
        return true;
      }
      int chosen = next(next, value);
      if (chosen >= 0) {
        path.add(chosen);
        values.add(value);
        done.set(chosen);
        Operation operation = operations.get(chosen);
        value = operation.writes ? operation.written : value;
        next = 0;
        continue;
      }
      if (path.size() >= longest) {
        longest = path.size();
        stuckAt = candidates(value);
      }
      if (path.isEmpty()) {
        return false;
      }
      int last = path.removeLast();
      done.clear(last);
      value = values.removeLast();
      next = last + 1;
    }
  }

  private static boolean containsAll(BitSet set, BitSet others) {
    BitSet missing = (BitSet) others.clone();
    missing.andNot(set);
    return missing.isEmpty();
  }

  /**
   * Returns the index of the first operation from an index on that can come next, -1 if there is
   * none.
   */
  private int next(int from, @Nullable String value) {
    long firstReturn = firstReturn();
    for (int i = done.nextClearBit(from); i < operations.size(); i = done.nextClearBit(i + 1)) {
      Operation operation = operations.get(i);
      if (operation.invoked > firstReturn) {
        break;
      }
      if (fits(operation, value) && visit(i, operation, value)) {
        return i;
      }
    }
    return -1;
  }

  private long firstReturn() {
    long first = NEVER;
    for (int i = done.nextClearBit(0); i < operations.size(); i = done.nextClearBit(i + 1)) {
      Operation operation = operations.get(i);
      if (operation.invoked > first) {
        break;
      }
      first = Math.min(first, operation.returned);
    }
    return first;
  }

  private static boolean fits(Operation operation, @Nullable String value) {
    return !operation.reads || operation.isUnknown() || Objects.equals(operation.read, value);
  }

  private boolean visit(int index, Operation operation, @Nullable String value) {
    BitSet after = (BitSet) done.clone();
    after.set(index);
    return visited.add(new Visited(after, operation.writes ? operation.written : value));
  }

  private String candidates(@Nullable String value) {
    long firstReturn = firstReturn();
    StringBuilder text = new StringBuilder("after the value " + value + " none of these fits:");
    for (int i = 0; i < operations.size(); i++) {
      if (!done.get(i) && operations.get(i).invoked <= firstReturn) {
        text.append("\n  ").append(operations.get(i));
      }
    }
    return text.toString();
  }
}
