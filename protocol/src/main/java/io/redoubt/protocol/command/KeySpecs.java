package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All key specs of a command, with their summary for older clients: first key, last key and step.
 */
public final class KeySpecs {
  private static final int NOT_KEY = KeyFlag.NOT_KEY.bit();

  static final KeySpecs NONE = new KeySpecs(List.of(), null);

  private final List<KeySpec> specs;
  private final @Nullable MovableKeys movable;
  private final int first;
  private final int last;
  private final int step;

  KeySpecs(List<KeySpec> specs, @Nullable MovableKeys movable) {
    this.specs = List.copyOf(specs);
    this.movable = movable;
    int lowest = Integer.MAX_VALUE;
    int highest = 0;
    int distance = 0;
    for (KeySpec spec : specs) {
      if (!spec.isPlainRange() || (specs.size() > 1 && spec.step() != 1)) {
        continue;
      }
      lowest = Math.min(lowest, spec.position());
      int end = spec.last() >= 0 ? spec.position() + spec.last() : spec.last();
      // An index counted from the end is negative and follows all others: compare unsigned.
      highest = Integer.compareUnsigned(end, highest) > 0 ? end : highest;
      distance = specs.size() == 1 ? spec.step() : 1;
    }
    this.first = lowest == Integer.MAX_VALUE ? 0 : lowest;
    this.last = highest;
    this.step = distance;
  }

  /** Returns the specs in order of declaration. */
  public List<KeySpec> list() {
    return specs;
  }

  /** Returns true if the command never takes keys. */
  public boolean isEmpty() {
    return specs.isEmpty() && movable == null;
  }

  /** Returns true if there are arguments that are keys, not only routed like keys. */
  public boolean hasKeys() {
    return movable != null
        || specs.stream().anyMatch(spec -> !KeyFlag.any(spec.flags(), KeyFlag.NOT_KEY));
  }

  /** Returns the index of the first key, 0 for none. */
  public int first() {
    return first;
  }

  /** Returns the index of the last key, negative if counted from the end, 0 for none. */
  public int last() {
    return last;
  }

  /** Returns the distance between keys, 0 for none. */
  public int step() {
    return step;
  }

  /** Returns true if first, last and step do not describe all keys. */
  public boolean isMovable() {
    for (KeySpec spec : specs) {
      if (!spec.isPlainRange() || KeyFlag.any(spec.flags(), KeyFlag.INCOMPLETE)) {
        return true;
      }
    }
    return specs.isEmpty() && movable != null;
  }

  /**
   * Visits each key of a request of valid arity, leaving out arguments that are only routed like
   * keys.
   *
   * @return false if the arguments do not determine the keys, for example due to an invalid count
   */
  public boolean forEach(Request request, KeyVisitor keys) {
    return forEach(request, keys, false);
  }

  /** Visits each key like {@link #forEach}, and the arguments that are routed like keys. */
  public boolean forEachRouted(Request request, KeyVisitor keys) {
    return forEach(request, keys, true);
  }

  private boolean forEach(Request request, KeyVisitor keys, boolean routed) {
    if (movable != null) {
      return movable.find(request, keys);
    }
    for (int i = 0; i < specs.size(); i++) {
      KeySpec spec = specs.get(i);
      if ((routed || (spec.flags() & NOT_KEY) == 0) && !spec.forEach(request, keys)) {
        return false;
      }
    }
    return true;
  }
}
