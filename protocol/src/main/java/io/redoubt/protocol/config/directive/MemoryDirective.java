package io.redoubt.protocol.config.directive;

import java.util.List;

/** A size in bytes, written with or without a unit: k, kb, m, mb, g, gb. */
public final class MemoryDirective extends OneWordDirective<Long, MemoryDirective> {
  private long minBytes;
  private long maxBytes = Long.MAX_VALUE;
  private long clampMinBytes;
  private boolean unsigned;

  public MemoryDirective(String name, long defaultBytes) {
    super(name, defaultBytes);
  }

  /** Refuses values outside of these inclusive bounds. */
  public MemoryDirective between(long minBytes, long maxBytes) {
    this.minBytes = minBytes;
    this.maxBytes = maxBytes;
    return this;
  }

  /** Raises smaller values to this minimum silently. */
  public MemoryDirective keptAtLeast(long bytes) {
    clampMinBytes = bytes;
    return this;
  }

  /** Permits sizes up to 2^64 - 1, which {@link #value} shows as the greatest signed number. */
  public MemoryDirective unsigned() {
    unsigned = true;
    return this;
  }

  /** Returns the size in bytes. */
  public long value() {
    return WordNumbers.asSigned(current());
  }

  @Override
  protected Long parseWord(String word) throws RefusedValue {
    long bytes = WordNumbers.bytes(word, "argument must be a memory value");
    if (unsigned) {
      return bytes;
    }
    return Math.max(clampMinBytes, WordNumbers.within(bytes, minBytes, maxBytes));
  }

  @Override
  public String text(Long of) {
    return Long.toUnsignedString(of);
  }

  @Override
  public List<String> lines(Long of) {
    return List.of(WordNumbers.withUnit(of));
  }
}
