package io.redoubt.bench.first;

import java.io.IOException;

/** A way to use a server, ready to be repeated. */
public interface Use extends AutoCloseable {
  /**
   * Uses the server once.
   *
   * @param number 1 for the first call, 2 for the next
   */
  void call(int number) throws IOException;

  @Override
  void close() throws IOException;
}
