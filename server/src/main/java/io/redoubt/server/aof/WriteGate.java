package io.redoubt.server.aof;

import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;

/** Refuses or delays the writes of clients when the append-only file can't take them. */
public final class WriteGate {
  private final ServerState state;
  private final ClientRegistry clients;

  /** Creates an open gate. */
  public WriteGate(ServerState state, ClientRegistry clients) {
    this.state = state;
    this.clients = clients;
  }

  /**
   * Refuses writes.
   *
   * @param error the reply to a write
   */
  void refuse(String error) {
    state.reason(Refusal.APPEND_FAILED, error);
    state.set(Refusal.APPEND_FAILED, true);
  }

  /** Stops refusing writes. */
  void accept() {
    state.set(Refusal.APPEND_FAILED, false);
  }

  /** Delays writes until {@link #release}. */
  void hold() {
    clients.pauses().holdWrites();
  }

  /** Stops delaying writes. */
  void release() {
    clients.pauses().releaseWrites();
  }

  /** Returns the replies that wait until what they show is on the disk. */
  HeldOutput heldOutput() {
    return clients.heldOutput();
  }

  /**
   * Closes the connections whose replies wait.
   *
   * @return the number of connections closed
   */
  int closeHeld() {
    return clients.heldOutput().close(clients.all());
  }

  /** Returns true unless a part of the data set is missing. */
  boolean isDataWhole() {
    return state.isDataWhole();
  }
}
