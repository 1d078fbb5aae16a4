package io.redoubt.server.aof;

import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.HeldOutput;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;

/** Refuses or pauses client writes when the append-only file can't take them. */
public final class WriteGate {
  private final ServerState state;
  private final ClientRegistry clients;

  /** Creates an open gate. */
  public WriteGate(ServerState state, ClientRegistry clients) {
    this.state = state;
    this.clients = clients;
  }

  /**
   * Starts to refuse writes.
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

  /** Pauses writes until {@link #release}. */
  void hold() {
    clients.pauses().holdWrites();
  }

  /** Resumes paused writes. */
  void release() {
    clients.pauses().releaseWrites();
  }

  /** Returns the replies held until the writes they depend on are durable. */
  HeldOutput heldOutput() {
    return clients.heldOutput();
  }

  /**
   * Closes all connections with held replies.
   *
   * @return the number of connections closed
   */
  int closeHeld() {
    return clients.closeHeldOutput();
  }

  boolean isDataWhole() {
    return state.isDataWhole();
  }
}
