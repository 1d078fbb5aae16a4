package io.redoubt.protocol.net;

/** The output of a connection on its way to the socket. Confined to the event loop. */
interface SocketOutput {
  /** The connection has been established. */
  void onActive();

  /** Queues the first bytes of a chunk and takes over the chunk. */
  void send(Chunk chunk, int bytes);

  /**
   * Queues shared bytes and takes over a reference to them. Returns false if they must be copied,
   * because they would not be the next to be written.
   */
  boolean sendShared(SharedChunk from, long start, int bytes);

  /** Writes queued bytes as far as the socket accepts them; the rest is written when it can be. */
  void flush();

  /** Returns true if everything sent has been written; otherwise that is reported later. */
  boolean isEmpty();

  /** Returns the number of bytes that the socket has not accepted yet. */
  long unwrittenBytes();

  /** Returns the size of the chunks with the {@linkplain #unwrittenBytes unwritten bytes}. */
  long unwrittenMemoryBytes();

  /** Discards what has not been passed on, because the connection is closed. */
  void drop();
}
