package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.bytes.ByteString;

/** A large value that is sent in slices, a few elements at a time. */
final class LargeKey {
  private final ByteString key;
  private long cursor;

  LargeKey(ByteString key) {
    this.key = key;
  }

  ByteString key() {
    return key;
  }

  /** Returns the position of the scan of its elements. */
  long cursor() {
    return cursor;
  }

  void cursor(long next) {
    cursor = next;
  }
}
