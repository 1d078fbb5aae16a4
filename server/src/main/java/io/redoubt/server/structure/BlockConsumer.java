package io.redoubt.server.structure;

/** Takes the address of a block. */
@FunctionalInterface
public interface BlockConsumer {

  /** Called with one block after the other. */
  void accept(long block);
}
