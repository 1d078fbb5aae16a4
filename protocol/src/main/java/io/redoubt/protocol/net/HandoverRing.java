package io.redoubt.protocol.net;

import java.util.ArrayDeque;
import org.jctools.queues.atomic.SpscAtomicArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * Objects on their way from one thread to one other, in order. A bounded ring; if it is full, the
 * rest waits with the producer, which must call {@link #push} until nothing waits.
 */
final class HandoverRing<T> {
  private final SpscAtomicArrayQueue<T> ring;

  /** Objects for which the ring had no room; used by the producer. */
  private final ArrayDeque<T> waiting = new ArrayDeque<>();

  HandoverRing(int capacity) {
    ring = new SpscAtomicArrayQueue<>(capacity);
  }

  /** Passes an object on; by the producer. */
  void put(T object) {
    if (!waiting.isEmpty() || !ring.offer(object)) {
      waiting.add(object);
    }
  }

  /** Moves waiting objects to the ring; by the producer. Returns true if none is left. */
  boolean push() {
    while (!waiting.isEmpty()) {
      if (!ring.offer(waiting.element())) {
        return false;
      }
      waiting.remove();
    }
    return true;
  }

  /** Returns the next object, or null; by the consumer. */
  @Nullable T poll() {
    return ring.poll();
  }

  /** Returns true if the ring is empty; by the consumer. */
  boolean isEmpty() {
    return ring.isEmpty();
  }
}
