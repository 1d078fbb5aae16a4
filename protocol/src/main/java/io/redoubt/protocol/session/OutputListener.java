package io.redoubt.protocol.session;

/** Receives the reports of a client's output buffers, and answers about its delivery. */
interface OutputListener {
  /** Returns true if earlier output waits for the gate, so that a full chunk must wait, too. */
  boolean isHeld();

  /** Reports that a buffer is full, the time to check the limit of output. */
  void onFull();

  /** Reports output that was passed to the connection. */
  void onSent(long bytes);

  /** Schedules a flush at the end of the turn. */
  void flushSoon();

  /** Returns true if the client has ended. */
  boolean isReleased();
}
