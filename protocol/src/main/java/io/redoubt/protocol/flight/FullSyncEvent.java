package io.redoubt.protocol.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A full sync as one of its sides sees it. */
@Name("redoubt.FullSync")
@Label("Full Sync")
@Description("A full sync, from its request to the start of the stream")
@Category("Redoubt")
@StackTrace(false)
public final class FullSyncEvent extends Event {
  @Label("Side")
  @Description("master or replica")
  String side = "";

  @Label("Peer")
  String peer = "";

  @Label("Success")
  boolean success;

  private FullSyncEvent() {}

  /**
   * Starts an event.
   *
   * @param side {@code master} or {@code replica}: this side
   * @param peer the name of the other one
   */
  public static FullSyncEvent start(String side, String peer) {
    FullSyncEvent event = new FullSyncEvent();
    event.side = side;
    event.peer = peer;
    event.begin();
    return event;
  }

  /** Ends the event. */
  public void end(boolean succeeded) {
    success = succeeded;
    commit();
  }
}
