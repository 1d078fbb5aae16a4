package io.redoubt.protocol.net;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Shared bytes to be written to some connections of an I/O thread: an order of the owner, which the
 * thread returns when each socket has been offered the bytes. What a socket did not accept is
 * reported later, by a {@link LateWrite}. Reused.
 */
final class Broadcast {
  /** The output of a connection. */
  interface Receiver {
    /**
     * Offers the bytes to the socket; on the thread. Returns false if some of them will be written
     * later, which a {@link LateWrite} reports.
     */
    boolean offer(SharedChunk shared, long from, int bytes);

    /** The bytes are written or discarded; on the owner's loop. */
    void onSharedWritten(int bytes);
  }

  /** The number of connections; with more, the thread starts while the owner continues. */
  private static final int MAX_RECEIVERS = 128;

  private final Receiver[] receivers = new Receiver[MAX_RECEIVERS];
  private final boolean[] late = new boolean[MAX_RECEIVERS];
  private int count;
  private @Nullable SharedChunk shared;
  private long from;
  private int bytes;

  // ---- the owner's side

  /** Starts to collect the receivers of the bytes that start at an offset. */
  void begin(SharedChunk chunk, long offset, int length) {
    shared = chunk;
    from = offset;
    bytes = length;
  }

  /** Returns true if one more connection can receive these bytes by this order. */
  boolean accepts(SharedChunk chunk, long offset, int length) {
    return count < MAX_RECEIVERS && chunk == shared && offset == from && length == bytes;
  }

  /** Adds a receiver, and takes over its reference to the bytes. */
  void add(Receiver receiver) {
    receivers[count++] = receiver;
  }

  /** Reports the written bytes to the outputs, and becomes empty. */
  @SuppressWarnings("NullAway") // receivers beyond the count are never read
  void finish() {
    int written = 0;
    for (int i = 0; i < count; i++) {
      if (late[i]) {
        late[i] = false;
      } else {
        receivers[i].onSharedWritten(bytes);
        written++;
      }
      receivers[i] = null;
    }
    shared().release(written);
    shared = null;
    count = 0;
  }

  private SharedChunk shared() {
    return Objects.requireNonNull(shared);
  }

  // ---- the thread's side

  /** Returns the number of bytes for all receivers together. */
  int totalBytes() {
    return count * bytes;
  }

  /** Offers the bytes to each socket. */
  void write() {
    for (int i = 0; i < count; i++) {
      late[i] = !receivers[i].offer(shared(), from, bytes);
    }
  }
}
