package io.redoubt.protocol.session.blocking;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import org.jspecify.annotations.Nullable;

/** The wait of a client, with its timeout. */
public final class Wait {
  private @Nullable Waiting waiting;
  private @Nullable Cancellable timer;

  public @Nullable Waiting waiting() {
    return waiting;
  }

  /** Returns true if the wait has a timeout. */
  public boolean isTimed() {
    return timer != null;
  }

  public boolean isOn() {
    return waiting != null;
  }

  public void begin(Waiting what, Loop loop, long timeoutMillis, Runnable timeOut) {
    if (waiting != null) {
      throw new IllegalStateException("already blocked");
    }
    waiting = what;
    if (timeoutMillis > 0) {
      timer = loop.schedule(timeOut, timeoutMillis);
    }
  }

  /** Ends the wait and notifies it; returns false if there was none. */
  public boolean end() {
    Waiting wait = waiting;
    if (wait == null) {
      return false;
    }
    waiting = null;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    wait.onEnd();
    return true;
  }
}
