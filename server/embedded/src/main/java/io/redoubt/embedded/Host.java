package io.redoubt.embedded;

import io.redoubt.protocol.net.Sockets;
import java.util.function.Supplier;

/** The time and the network of a server or sentinel in this process. */
record Host(MovableClock clock, Supplier<Sockets> sockets) {
  /** Returns a host with a clock of its own. */
  static Host alone() {
    return new Host(new MovableClock(), Sockets::ofSystem);
  }
}
