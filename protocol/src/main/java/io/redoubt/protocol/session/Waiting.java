package io.redoubt.protocol.session;

/** What a blocked client waits for, as far as the client needs to know. */
public interface Waiting {
  /**
   * The time is up (or CLIENT UNBLOCK says so): write the reply of a timeout. The client has been
   * unblocked already.
   */
  void timedOut();

  /**
   * The wait is over for whatever reason, also because the client is going away: forget it. Called
   * once, before {@link #timedOut}.
   */
  void ended();
}
