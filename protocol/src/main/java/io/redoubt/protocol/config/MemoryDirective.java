package io.redoubt.protocol.config;

import java.util.List;

/** A number of bytes, written with or without a unit: k, kb, m, mb, g, gb. */
public final class MemoryDirective extends OneWordDirective<Long, MemoryDirective> {
  private long leastBytes;
  private long mostBytes = Long.MAX_VALUE;
  private long keptLeastBytes;

  MemoryDirective(String name, long defaultBytes) {
    super(name, defaultBytes);
  }

  /** Refuses values outside of these bounds, which both are allowed. */
  public MemoryDirective between(long leastAllowedBytes, long mostAllowedBytes) {
    leastBytes = leastAllowedBytes;
    mostBytes = mostAllowedBytes;
    return this;
  }

  /** Takes smaller values for this one, without a word. */
  public MemoryDirective keptAtLeast(long bytes) {
    keptLeastBytes = bytes;
    return this;
  }

  /** The bytes. */
  public long value() {
    return current();
  }

  @Override
  protected MemoryDirective self() {
    return this;
  }

  @Override
  protected Long parseWord(String word) throws RefusedValue {
    long bytes = WordNumbers.bytes(word, "argument must be a memory value");
    return Math.max(keptLeastBytes, WordNumbers.within(bytes, leastBytes, mostBytes));
  }

  @Override
  public String text(Long of) {
    return of.toString();
  }

  @Override
  protected List<String> lines(Long of) {
    return List.of(WordNumbers.withUnit(of));
  }
}
