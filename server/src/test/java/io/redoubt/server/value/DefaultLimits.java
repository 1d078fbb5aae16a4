package io.redoubt.server.value;

/** Redis' defaults; a test overrides the limits that matter to it. */
interface DefaultLimits extends EncodingLimits {

  @Override
  default long hashMaxListpackEntries() {
    return 512;
  }

  @Override
  default long hashMaxListpackValue() {
    return 64;
  }

  @Override
  default int listMaxListpackSize() {
    return -2;
  }

  @Override
  default int listCompressDepth() {
    return 0;
  }

  @Override
  default long setMaxIntsetEntries() {
    return 512;
  }

  @Override
  default long setMaxListpackEntries() {
    return 128;
  }

  @Override
  default long setMaxListpackValue() {
    return 64;
  }

  @Override
  default long zsetMaxListpackEntries() {
    return 128;
  }

  @Override
  default long zsetMaxListpackValue() {
    return 64;
  }

  @Override
  default long streamNodeMaxBytes() {
    return 4096;
  }

  @Override
  default long streamNodeMaxEntries() {
    return 100;
  }
}
