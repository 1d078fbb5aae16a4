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

  /** Counts how often clients were let go. */
  private long group;

  private int groupSize;
  private int returned;

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
    if (client.delivery().group() == group) {
      returned++;
    }
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

  /** How many clients' output waits. */
  public int size() {
    return count;
  }

  /** How many clients were let go together the last time. */
  public int lastGroup() {
    return groupSize;
  }

  /** How many of them have output that waits again. */
  public int returned() {
    return returned;
  }

  /**
   * More may pass the gate: output that waited for it leaves.
   *
   * @return whether there was some
   */
  public boolean gateMoved() {
    long passed = gate.passed();
    if (count == 0 || marks[first] > passed) {
      return false;
    }
    group++;
    groupSize = 0;
    returned = 0;
    while (count > 0 && marks[first] <= passed) {
      Client client = clients[first];
      clients[first] = null;
      first = (first + 1) % clients.length;
      count--;
      if (client != null && client.delivery().isHeld()) {
        groupSize++;
        client.delivery().group(group);
        client.flush();
      }
    }
    return true;
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
