package io.redoubt.server.structure;

/** A consumer of block addresses. */
@FunctionalInterface
public interface BlockConsumer {

  /** Accepts the next block. */
  void accept(long block);
}
