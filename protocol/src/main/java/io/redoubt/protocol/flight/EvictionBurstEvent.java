package io.redoubt.protocol.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A slice of eviction that removes many keys. */
@Name("redoubt.EvictionBurst")
@Label("Eviction Burst")
@Description("A slice of eviction that removes several keys")
@Category("Redoubt")
@StackTrace(false)
public final class EvictionBurstEvent extends Event {
  /** The fewest keys of a burst. */
  private static final long BURST_KEYS = 16;

  @Label("Keys")
  long keys;

  @Label("Freed")
  @DataAmount
  long freed;

  @Label("Excess")
  @Description("The bytes above maxmemory at the start")
  @DataAmount
  long excess;

  @Label("Complete")
  @Description("True if the excess was freed")
  boolean complete;

  private EvictionBurstEvent() {}

  /** Starts an event. */
  public static EvictionBurstEvent start(long excessBytes) {
    EvictionBurstEvent event = new EvictionBurstEvent();
    event.excess = excessBytes;
    event.begin();
    return event;
  }

  /** Ends the event; nothing is recorded if too few keys were removed. */
  public void end(long removed, long freedBytes, boolean isComplete) {
    if (removed >= BURST_KEYS) {
      keys = removed;
      freed = freedBytes;
      complete = isComplete;
      commit();
    }
  }
}
