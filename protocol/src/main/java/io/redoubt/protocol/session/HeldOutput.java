package io.redoubt.protocol.session;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clients whose output waits for the {@link OutputGate}, in the order of their marks. The sizes
 * of the last release help to choose when to fsync.
 */
public final class HeldOutput {
  private static final int FIRST_ROOM = 64;

  private OutputGate gate = OutputGate.OPEN;
  private @Nullable Client[] clients = new @Nullable Client[FIRST_ROOM];
  private long[] marks = new long[FIRST_ROOM];
  private int first;
  private int count;

  /** The number of releases so far. */
  private long group;

  private int groupSize;
  private int returned;

  HeldOutput() {}

  /** Sets the gate. */
  public void gate(OutputGate newGate) {
    gate = newGate;
  }

  OutputGate gate() {
    return gate;
  }

  /** Adds a client; its mark is not below the previous ones. */
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

  /** Returns the number of waiting clients. */
  public int size() {
    return count;
  }

  /** Returns the number of clients in the last release. */
  public int lastGroup() {
    return groupSize;
  }

  /** Returns the number of clients of the last release that are waiting again. */
  public int returned() {
    return returned;
  }

  /**
   * Releases output that the gate has passed.
   *
   * @return true if any client was released or had left
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
   * Closes all clients with unreleased output, because it may reflect data that is lost.
   *
   * @param all the clients
   * @return the number of closed clients
   */
  public int close(List<Client> all) {
    Arrays.fill(clients, null);
    first = 0;
    count = 0;
    int closed = 0;
    for (Client client : all) {
      if (client.delivery().hasHeldOutput()) {
        client.close();
        closed++;
      }
    }
    return closed;
  }
}
