package io.redoubt.protocol.flight;

import jdk.jfr.FlightRecorder;

/** The state of JDK Flight Recorder in this process. */
public final class FlightRecording {
  /** False in a trimmed runtime without the module, where an embedded server may run. */
  private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private FlightRecording() {}

  /**
   * Returns true once a recording was started, such as by {@code jcmd PID JFR.start}. It costs the
   * read of a field; no class of an event is loaded before.
   */
  public static boolean isOn() {
    return PRESENT && FlightRecorder.isInitialized();
  }
}
