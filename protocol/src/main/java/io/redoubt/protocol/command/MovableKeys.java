package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;

/** Finds the keys of a request if key specs can't express their positions. */
@FunctionalInterface
public interface MovableKeys {
  /**
   * Visits each key.
   *
   * @param request a request of valid arity
   * @param keys receives the keys in the order of the arguments
   * @return false if malformed arguments do not determine the keys
   */
  boolean find(Request request, KeyVisitor keys);
}
