package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.bytes.ByteString;

/** A large value that is being sent in slices. */
final class LargeKey {
  private final ByteString key;
  private long cursor;

  LargeKey(ByteString key) {
    this.key = key;
  }

  ByteString key() {
    return key;
  }

  /** Returns the scan position among its elements, 0 at the start. */
  long cursor() {
    return cursor;
  }

  void setCursor(long next) {
    cursor = next;
  }
}
