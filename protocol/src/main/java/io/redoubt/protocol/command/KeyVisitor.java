package io.redoubt.protocol.command;

/** Receives the keys of a request. */
@FunctionalInterface
public interface KeyVisitor {
  /**
   * One key.
   *
   * @param argument the index of the argument that is the key
   * @param flags what is done to it, bits of {@link KeyFlag}
   */
  void key(int argument, int flags);
}
