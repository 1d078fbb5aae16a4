package io.redoubt.embedded;

import io.redoubt.protocol.net.Sockets;
import io.redoubt.protocol.net.SystemSockets;
import java.lang.System.Logger;
import java.util.function.Supplier;

/**
 * The time and the network of a server or sentinel in this process.
 *
 * @param warnings the level of its warnings in the system's log
 */
record Host(MovableClock clock, Supplier<Sockets> sockets, Logger.Level warnings) {
  /** Returns a host with its own clock. */
  static Host alone() {
    return new Host(new MovableClock(), SystemSockets::choose, Logger.Level.WARNING);
  }
}
