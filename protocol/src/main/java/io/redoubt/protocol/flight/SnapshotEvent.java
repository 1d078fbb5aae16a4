package io.redoubt.protocol.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A snapshot, for a save, a rewrite of the append-only file or a full sync. */
@Name("redoubt.Snapshot")
@Label("Snapshot")
@Description("A snapshot of the data set from its start to its last byte")
@Category("Redoubt")
@StackTrace(false)
public final class SnapshotEvent extends Event {
  @Label("Purpose")
  @Description("save, rewrite or sync")
  String purpose = "";

  @Label("Keys")
  long keys;

  @Label("Failure")
  @Description("The reason of a failure, empty for a success")
  String failure = "";

  private SnapshotEvent() {}

  /** Starts an event. */
  public static SnapshotEvent start(String purpose) {
    SnapshotEvent event = new SnapshotEvent();
    event.purpose = purpose;
    event.begin();
    return event;
  }

  /**
   * Ends the event.
   *
   * @param keys the number of keys written
   * @param reason the reason of a failure, null for a success
   */
  public void end(long keys, @Nullable String reason) {
    this.keys = keys;
    failure = reason == null ? "" : reason;
    commit();
  }
}
