package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;

/** Finds the arguments of a command that no log may show, such as passwords. */
@FunctionalInterface
public interface SecretArguments {
  /** Returns true if argument {@code i} of the request is secret. */
  boolean isSecret(Request request, int i);

  /** Returns the arguments from one position on. */
  static SecretArguments from(int first) {
    return (request, i) -> i >= first;
  }
}
