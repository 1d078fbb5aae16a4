package io.redoubt.protocol.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A command that took at least {@code slowlog-log-slower-than}; ends when it is committed. */
@Name("redoubt.SlowCommand")
@Label("Slow Command")
@Description("A command that the slow log records")
@Category("Redoubt")
@StackTrace(false)
public final class SlowCommandEvent extends Event {
  @Label("Command")
  String command = "";

  @Label("Execution Time")
  @Timespan(Timespan.NANOSECONDS)
  long executionTime;

  @Label("Arguments")
  @Description("The number of words of the request")
  int arguments;

  @Label("Database")
  int database;

  @Label("Client Id")
  long clientId;

  @Label("In Script")
  boolean inScript;

  private SlowCommandEvent() {}

  /** Records a command. */
  public static void record(
      String command, long nanos, int arguments, int database, long clientId, boolean inScript) {
    SlowCommandEvent event = new SlowCommandEvent();
    if (event.isEnabled()) {
      event.command = command;
      event.executionTime = nanos;
      event.arguments = arguments;
      event.database = database;
      event.clientId = clientId;
      event.inScript = inScript;
      event.commit();
    }
  }
}
