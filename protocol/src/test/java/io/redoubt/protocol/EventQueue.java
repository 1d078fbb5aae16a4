package io.redoubt.protocol;

import java.util.PriorityQueue;

/**
 * The pending events of a simulation, ordered by time and then by insertion, so that a seed repeats
 * them. The simulation chooses the unit of time.
 */
public final class EventQueue {
  /** A pending event. */
  public record Event(long at, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long added;

  /** Adds an event and returns it for {@link #cancel}. */
  public Event add(long at, Runnable action) {
    Event event = new Event(at, added++, action);
    events.add(event);
    return event;
  }

  /** Removes an event that is still pending. */
  public void cancel(Event event) {
    events.remove(event);
  }

  /** Returns true if an event is due at the given time. */
  public boolean hasDue(long now) {
    return !events.isEmpty() && events.element().at <= now;
  }

  /** Returns true if there is no event. */
  public boolean isEmpty() {
    return events.isEmpty();
  }

  /** Returns the time of the next event. */
  public long nextAt() {
    return events.element().at;
  }

  /** Removes the next event and returns its action. */
  public Runnable remove() {
    return events.remove().action;
  }
}
