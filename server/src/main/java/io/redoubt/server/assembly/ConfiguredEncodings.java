package io.redoubt.server.assembly;

import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.EncodingLimits;

/** The limits of compact encodings as they are configured. */
record ConfiguredEncodings(ServerDirectives settings) implements EncodingLimits {

  @Override
  public long hashMaxListpackEntries() {
    return settings.hashMaxListpackEntries.value();
  }

  @Override
  public long hashMaxListpackValue() {
    return settings.hashMaxListpackValue.value();
  }

  @Override
  public int listMaxListpackSize() {
    return settings.listMaxListpackSize.value();
  }

  @Override
  public int listCompressDepth() {
    return settings.listCompressDepth.value();
  }

  @Override
  public long setMaxIntsetEntries() {
    return settings.setMaxIntsetEntries.value();
  }

  @Override
  public long setMaxListpackEntries() {
    return settings.setMaxListpackEntries.value();
  }

  @Override
  public long setMaxListpackValue() {
    return settings.setMaxListpackValue.value();
  }

  @Override
  public long zsetMaxListpackEntries() {
    return settings.zsetMaxListpackEntries.value();
  }

  @Override
  public long zsetMaxListpackValue() {
    return settings.zsetMaxListpackValue.value();
  }

  @Override
  public long streamNodeMaxBytes() {
    return settings.streamNodeMaxBytes.value();
  }

  @Override
  public long streamNodeMaxEntries() {
    return settings.streamNodeMaxEntries.value();
  }
}
