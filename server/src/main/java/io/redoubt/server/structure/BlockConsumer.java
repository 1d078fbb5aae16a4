package io.redoubt.server.structure;

/** A consumer of block addresses. */
@FunctionalInterface
public interface BlockConsumer {

  void accept(long block);
}
