package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.session.blocking.Waiting;

/** The memory of a client in bytes, as {@code CLIENT LIST} shows it and the limits count it. */
public final class ClientSize {
  private ClientSize() {}

  /**
   * Returns the whole: its requests and replies in their buffers, its transaction, and an estimate
   * of its objects.
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

  /** Returns the size of its buffered requests and of the buffer itself. */
  static long ofInputBuffer(Client client) {
    ByteQueue query = client.input().kept();
    return query.usedBytes() + query.freeBytes() + client.input().inHandBytes();
  }

  /** Returns the size of its buffered replies. */
  static long ofOutputBuffer(Client client) {
    return client.replies().windowBytes() + client.queuedOutputBytes();
  }

  /** Returns the length of the arguments of its current command as far as received. */
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
