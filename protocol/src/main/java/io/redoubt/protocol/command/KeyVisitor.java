package io.redoubt.protocol.command;

/** Receives the keys of a request. */
@FunctionalInterface
public interface KeyVisitor {
  /**
   * Receives one key.
   *
   * @param argument the index of the key
   * @param flags the access to it, bits of {@link KeyFlag}
   */
  void key(int argument, int flags);
}
