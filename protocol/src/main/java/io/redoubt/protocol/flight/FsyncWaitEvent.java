package io.redoubt.protocol.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The wait of the append-only file's thread for an fsync. */
@Name("redoubt.FsyncWait")
@Label("Fsync Wait")
@Description("The wait for an fsync of the append-only file")
@Category("Redoubt")
@StackTrace(false)
public final class FsyncWaitEvent extends Event {
  @Label("Offset")
  @Description("The offset in all bytes ever appended up to which they are durable afterwards")
  long offset;

  @Label("Success")
  boolean success;

  private FsyncWaitEvent() {}

  /** Starts an event. */
  public static FsyncWaitEvent start() {
    FsyncWaitEvent event = new FsyncWaitEvent();
    event.begin();
    return event;
  }

  /** Ends the event. */
  public void end(long durable, boolean succeeded) {
    offset = durable;
    success = succeeded;
    commit();
  }
}
