package io.redoubt.persistence.rdb.report;

import io.redoubt.protocol.bytes.ByteString;

/**
 * A key, or a prefix of keys, of which only the start is kept.
 *
 * @param start the first bytes
 * @param lengthBytes the whole length in bytes
 */
public record KeyName(ByteString start, int lengthBytes) implements Comparable<KeyName> {

  @Override
  public int compareTo(KeyName other) {
    int order = start.compareTo(other.start);
    return order == 0 ? Integer.compare(lengthBytes, other.lengthBytes) : order;
  }

  /** Returns true if bytes are missing at the end. */
  public boolean isCut() {
    return start.length() < lengthBytes;
  }
}
