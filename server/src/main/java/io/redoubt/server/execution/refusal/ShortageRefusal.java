package io.redoubt.server.execution.refusal;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.LogInterval;
import io.redoubt.server.memory.Shortage;

/**
 * Refuses writes while only the region's reserve is left. The allocator reports the shortage when
 * it takes a new extent, so commands only test the state of the server.
 */
public final class ShortageRefusal {
  private final ServerState state;
  private final Clock clock;
  private final Log log;
  private final LogInterval lines = new LogInterval();
  private boolean logged;

  public ShortageRefusal(ServerState state, Clock clock, Log log) {
    this.state = state;
    this.clock = clock;
    this.log = log;
  }

  /** Returns the error of a write during a shortage. */
  static CommandError error(Shortage shortage) {
    return new CommandError("OOM command not allowed: " + shortage.text() + ".");
  }

  /** Refuses writes while memory is short. */
  public void onShortage(Shortage shortage) {
    boolean isShort = shortage != Shortage.NONE;
    if (isShort) {
      state.reason(Refusal.OUT_OF_ROOM, error(shortage).text());
      if (!logged && lines.isDue(clock.monotonicNanos())) {
        logged = true;
        log.warning(
            "Out of memory: %s. Writes are refused until keys are removed.", shortage.text());
      }
    } else if (logged) {
      logged = false;
      log.notice("Memory is available again, writes are accepted.");
    }
    state.set(Refusal.OUT_OF_ROOM, isShort);
  }
}
