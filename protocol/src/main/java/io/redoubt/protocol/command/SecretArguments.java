package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;

/** Finds the arguments of a command that no log may show, such as passwords. */
@FunctionalInterface
public interface SecretArguments {
  boolean isSecret(Request request, int i);

  static SecretArguments from(int first) {
    return (request, i) -> i >= first;
  }
}
