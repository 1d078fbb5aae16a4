package io.redoubt.protocol.process;

import io.redoubt.protocol.process.os.Posix;
import java.io.IOException;
import java.util.Map;

/**
 * The service manager that waits for the process' readiness: systemd gets a datagram at the socket
 * named by {@code NOTIFY_SOCKET} (sd_notify(3)); upstart expects the process to stop itself.
 */
public final class Supervisor {
  private static final String SYSTEMD = "NOTIFY_SOCKET";
  private static final String UPSTART = "UPSTART_JOB";

  private final Map<String, String> environment;
  private final boolean systemd;
  private final boolean upstart;

  private Supervisor(Map<String, String> environment, boolean systemd, boolean upstart) {
    this.environment = environment;
    this.systemd = systemd && environment.containsKey(SYSTEMD);
    this.upstart = upstart && environment.containsKey(UPSTART);
  }

  /**
   * Returns the supervisor named by the configuration and the environment.
   *
   * @param systemd true if it may be systemd
   * @param upstart true if it may be upstart
   */
  public static Supervisor of(Map<String, String> environment, boolean systemd, boolean upstart) {
    return new Supervisor(environment, systemd, upstart);
  }

  /**
   * Reports that the process is ready.
   *
   * @param status a sentence for the supervisor to show
   */
  public void ready(String status) throws IOException {
    if (systemd) {
      status(status);
      notifySystemd("READY=1\n");
    } else if (upstart) {
      Posix.stop();
    }
  }

  /** Reports the process' current activity to systemd. */
  public void status(String status) throws IOException {
    notifySystemd("STATUS=" + status + "\n");
  }

  /** Reports the activity like {@link #status}, but ignores a manager that can't be reached. */
  public void tryStatus(String status) {
    try {
      status(status);
    } catch (IOException e) {
      // the next status may reach it
    }
  }

  /** Reports that the process is about to exit. */
  public void stopping() throws IOException {
    notifySystemd("STOPPING=1\n");
  }

  private void notifySystemd(String text) throws IOException {
    String socket = environment.get(SYSTEMD);
    if (systemd && socket != null) {
      Posix.sendDatagram(socket, text);
    }
  }
}
