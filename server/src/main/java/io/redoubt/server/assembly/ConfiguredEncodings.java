package io.redoubt.server.assembly;

import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.value.EncodingLimits;

/** The limits of compact encodings as they are configured. */
record ConfiguredEncodings(ServerDirectives settings) implements EncodingLimits {

  @Override
  public long hashMaxListpackEntries() {
    return settings.encodings.hashMaxListpackEntries.value();
  }

  @Override
  public long hashMaxListpackValue() {
    return settings.encodings.hashMaxListpackValue.value();
  }

  @Override
  public int listMaxListpackSize() {
    return settings.encodings.listMaxListpackSize.value();
  }

  @Override
  public int listCompressDepth() {
    return settings.encodings.listCompressDepth.value();
  }

  @Override
  public long setMaxIntsetEntries() {
    return settings.encodings.setMaxIntsetEntries.value();
  }

  @Override
  public long setMaxListpackEntries() {
    return settings.encodings.setMaxListpackEntries.value();
  }

  @Override
  public long setMaxListpackValue() {
    return settings.encodings.setMaxListpackValue.value();
  }

  @Override
  public long zsetMaxListpackEntries() {
    return settings.encodings.zsetMaxListpackEntries.value();
  }

  @Override
  public long zsetMaxListpackValue() {
    return settings.encodings.zsetMaxListpackValue.value();
  }

  @Override
  public long streamNodeMaxBytes() {
    return settings.encodings.streamNodeMaxBytes.value();
  }

  @Override
  public long streamNodeMaxEntries() {
    return settings.encodings.streamNodeMaxEntries.value();
  }
}
