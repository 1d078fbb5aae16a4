package io.redoubt.protocol.process;

import java.io.IOException;
import java.util.Map;

/**
 * What looks after the process and wants to be told that it is ready: systemd by a datagram to the
 * socket that {@code NOTIFY_SOCKET} names, upstart by the process stopping itself.
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
   * The supervisor that the configuration and the environment name, if any.
   *
   * @param systemd whether it may be systemd
   * @param upstart whether it may be upstart
   */
  public static Supervisor of(Map<String, String> environment, boolean systemd, boolean upstart) {
    return new Supervisor(environment, systemd, upstart);
  }

  /** Whether there is one. */
  public boolean isThere() {
    return systemd || upstart;
  }

  /**
   * Tells that the process serves.
   *
   * @param status a sentence that the supervisor shows
   */
  public void ready(String status) throws IOException {
    if (systemd) {
      status(status);
      tell("READY=1\n");
    } else if (upstart) {
      Posix.stop();
    }
  }

  /** Has systemd show {@code status}, which is what the process is at. */
  public void status(String status) throws IOException {
    tell("STATUS=" + status + "\n");
  }

  /** Tells that the process is about to end. */
  public void stopping() throws IOException {
    tell("STOPPING=1\n");
  }

  private void tell(String text) throws IOException {
    String socket = environment.get(SYSTEMD);
    if (systemd && socket != null) {
      Posix.sendDatagram(socket, text);
    }
  }
}
