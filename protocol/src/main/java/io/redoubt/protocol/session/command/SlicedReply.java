package io.redoubt.protocol.session.command;

import io.redoubt.protocol.resp.ReplyWriter;

/** A reply that is built step by step, so that other clients can be served in between. */
public interface SlicedReply extends AutoCloseable {
  /** Builds a part in about 100 µs at most; returns true if more is left to build. */
  boolean step();

  /** Writes the complete reply. */
  void write(ReplyWriter reply);

  /** Returns the memory taken off the heap, in bytes. */
  long memoryBytes();

  /** Frees the memory, whether or not the reply is complete. */
  @Override
  void close();
}
