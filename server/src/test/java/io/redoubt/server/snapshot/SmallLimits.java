package io.redoubt.server.snapshot;

import io.redoubt.server.value.EncodingLimits;

/** Limits so low that small random collections have every encoding. */
final class SmallLimits implements EncodingLimits {

  @Override
  public long hashMaxListpackEntries() {
    return 12;
  }

  @Override
  public long hashMaxListpackValue() {
    return 40;
  }

  @Override
  public int listMaxListpackSize() {
    return 8;
  }

  @Override
  public int listCompressDepth() {
    return 1;
  }

  @Override
  public long setMaxIntsetEntries() {
    return 16;
  }

  @Override
  public long setMaxListpackEntries() {
    return 12;
  }

  @Override
  public long setMaxListpackValue() {
    return 40;
  }

  @Override
  public long zsetMaxListpackEntries() {
    return 12;
  }

  @Override
  public long zsetMaxListpackValue() {
    return 40;
  }

  @Override
  public long streamNodeMaxBytes() {
    return 400;
  }

  @Override
  public long streamNodeMaxEntries() {
    return 10;
  }
}
