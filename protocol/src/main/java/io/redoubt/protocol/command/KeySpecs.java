package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All key specs of a command, and what older clients know of them: first key, last key and step.
 */
public final class KeySpecs {
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
      // Counted from the end is further than any index: compare unsigned.
      highest = Integer.compareUnsigned(end, highest) > 0 ? end : highest;
      distance = specs.size() == 1 ? spec.step() : 1;
    }
    this.first = lowest == Integer.MAX_VALUE ? 0 : lowest;
    this.last = highest;
    this.step = distance;
  }

  /** The specs in order of declaration. */
  public List<KeySpec> list() {
    return specs;
  }

  /** No key among the arguments, ever. */
  public boolean isEmpty() {
    return specs.isEmpty() && movable == null;
  }

  /** The first key's argument, 0 for none. */
  public int first() {
    return first;
  }

  /** The last key's argument, negative when counted from the end, 0 for none. */
  public int last() {
    return last;
  }

  /** The distance from key to key, 0 for no keys. */
  public int step() {
    return step;
  }

  /** Whether first, last and step do not tell all keys. */
  public boolean isMovable() {
    for (KeySpec spec : specs) {
      if (!spec.isPlainRange() || KeyFlag.any(spec.flags(), KeyFlag.INCOMPLETE)) {
        return true;
      }
    }
    return specs.isEmpty() && movable != null;
  }

  /**
   * Visits each key of a request of the right arity; what is routed like a key and is none is left
   * out.
   *
   * @return false when the arguments do not tell the keys (a bad count, say)
   */
  public boolean forEach(Request request, KeyVisitor keys) {
    if (movable != null) {
      return movable.find(request, keys);
    }
    for (int i = 0; i < specs.size(); i++) {
      KeySpec spec = specs.get(i);
      if (!KeyFlag.any(spec.flags(), KeyFlag.NOT_KEY) && !spec.forEach(request, keys)) {
        return false;
      }
    }
    return true;
  }
}
