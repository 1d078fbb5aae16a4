package io.redoubt.dist.benchmark;

import java.io.IOException;

/** A server answered with an error, so that there is nothing to compare. */
final class Refusal extends IOException {
  private static final long serialVersionUID = 1L;

  Refusal(MeasuredServer server, String error) {
    super(server.name() + ": " + error);
  }
}
