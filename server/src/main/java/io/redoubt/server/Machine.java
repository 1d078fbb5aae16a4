package io.redoubt.server;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.net.Sockets;
import io.redoubt.protocol.process.Threads;

/**
 * What a server runs on: the real machine, or one that is simulated. Time and chance belong to it
 * too, and are given apart.
 */
public record Machine(Sockets sockets, Threads threads, Disk disk) {
  /** The machine that this process runs on. */
  public static Machine real() {
    return new Machine(Sockets.ofSystem(), Threads.ofSystem(), new OsDisk());
  }
}
