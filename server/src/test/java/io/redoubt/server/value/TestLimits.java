package io.redoubt.server.value;

/** Limits of a stream's nodes; the others are Redis' defaults. */
record TestLimits(long streamNodeMaxBytes, long streamNodeMaxEntries) implements EncodingLimits {

  @Override
  public long hashMaxListpackEntries() {
    return 128;
  }

  @Override
  public long hashMaxListpackValue() {
    return 64;
  }

  @Override
  public int listMaxListpackSize() {
    return -2;
  }

  @Override
  public int listCompressDepth() {
    return 0;
  }

  @Override
  public long setMaxIntsetEntries() {
    return 512;
  }

  @Override
  public long setMaxListpackEntries() {
    return 128;
  }

  @Override
  public long setMaxListpackValue() {
    return 64;
  }

  @Override
  public long zsetMaxListpackEntries() {
    return 128;
  }

  @Override
  public long zsetMaxListpackValue() {
    return 64;
  }
}
