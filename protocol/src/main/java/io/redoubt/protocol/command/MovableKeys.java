package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;

/** Finds the keys of a request whose command's key specs cannot tell them all. */
@FunctionalInterface
public interface MovableKeys {
  /**
   * Visits each key.
   *
   * @param request a request of the right arity
   * @param keys gets each key in the order of the arguments
   * @return false when the arguments are malformed, so that the keys cannot be told
   */
  boolean find(Request request, KeyVisitor keys);
}
