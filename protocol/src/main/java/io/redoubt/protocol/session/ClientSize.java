package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.session.blocking.Waiting;

/** The memory of a client in bytes, as shown in CLIENT LIST and counted for the limits. */
public final class ClientSize {
  private ClientSize() {}

  /**
   * Returns the total: buffered requests and replies, the transaction, and an estimate of its
   * objects.
   */
  public static long of(Client client) {
    Waiting waits = client.waiting();
    return client.heapBytes()
        + client.input().memoryBytes()
        + client.delivery().waitingWindowBytes()
        + client.queuedOutputBytes()
        + client.transactionBytes()
        + (waits == null ? 0 : waits.memoryBytes());
  }

  /** Returns the size of its query buffer, used and free. */
  static long ofInputBuffer(Client client) {
    ByteQueue query = client.input().kept();
    return query.usedBytes() + query.freeBytes() + client.input().inHandBytes();
  }

  /** Returns the size of its buffered replies. */
  static long ofOutputBuffer(Client client) {
    return client.replies().windowBytes() + client.queuedOutputBytes();
  }

  /** Returns the length of the received arguments of its current command. */
  static long ofArguments(Client client) {
    Waiting waits = client.waiting();
    if (waits != null) {
      return waits.argumentBytes();
    }
    return client.isCurrent()
        ? client.registry().executor().currentArgumentBytes()
        : client.input().argumentBytes();
  }
}
