package io.redoubt.protocol.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A step that a sentinel logs: of a failover, a vote, or a change of a state. */
@Name("redoubt.FailoverStep")
@Label("Failover Step")
@Description("An event that a sentinel logs, such as +elected-leader")
@Category("Redoubt")
@StackTrace(false)
public final class FailoverStepEvent extends Event {
  @Label("Step")
  String step = "";

  @Label("Details")
  String details = "";

  private FailoverStepEvent() {}

  /** Records a step. */
  public static void record(String step, String details) {
    FailoverStepEvent event = new FailoverStepEvent();
    if (event.isEnabled()) {
      event.step = step;
      event.details = details;
      event.commit();
    }
  }
}
