package io.redoubt.protocol.session;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The clients whose output waits for the {@link OutputGate}, in the order of their marks. */
public final class HeldOutput {
  private static final int FIRST_ROOM = 64;

  private OutputGate gate = OutputGate.OPEN;
  private @Nullable Client[] clients = new @Nullable Client[FIRST_ROOM];
  private long[] marks = new long[FIRST_ROOM];
  private int first;
  private int count;

  HeldOutput() {}

  /** Sets what decides when replies may leave. */
  public void gate(OutputGate newGate) {
    gate = newGate;
  }

  OutputGate gate() {
    return gate;
  }

  /** The output of a client waits for its mark, which is not below those before. */
  void add(Client client) {
    if (count == clients.length) {
      grow();
    }
    int at = (first + count++) % clients.length;
    clients[at] = client;
    marks[at] = client.delivery().heldMark();
  }

  private void grow() {
    @Nullable Client[] moreClients = new @Nullable Client[count * 2];
    long[] moreMarks = new long[count * 2];
    for (int i = 0; i < count; i++) {
      int at = (first + i) % count;
      moreClients[i] = clients[at];
      moreMarks[i] = marks[at];
    }
    clients = moreClients;
    marks = moreMarks;
    first = 0;
  }

  /** More may pass the gate: output that waited for it leaves. */
  public void gateMoved() {
    long passed = gate.passed();
    while (count > 0 && marks[first] <= passed) {
      Client client = clients[first];
      clients[first] = null;
      first = (first + 1) % clients.length;
      count--;
      if (client != null && client.delivery().isHeld()) {
        client.flush();
      }
    }
  }

  /**
   * Closes the clients with output that waits, for the gate or for the end of the turn: what it
   * shows will not come to be so, or nobody can tell.
   *
   * @param all the clients
   * @return how many were closed
   */
  public int close(List<Client> all) {
    Arrays.fill(clients, null);
    first = 0;
    count = 0;
    int closed = 0;
    for (Client client : all) {
      if (client.delivery().hasUnshownOutput()) {
        client.close();
        closed++;
      }
    }
    return closed;
  }
}
