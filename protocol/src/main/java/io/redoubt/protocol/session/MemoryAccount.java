package io.redoubt.protocol.session;

import org.jspecify.annotations.Nullable;

/**
 * The memory of one client as it was counted last, and the client's neighbours among those of
 * similar size. Changed by {@link ClientMemory} only.
 */
final class MemoryAccount {
  /** The bucket of a client that must not be evicted. */
  static final int NO_BUCKET = -1;

  /** The bytes that are part of the total. */
  long bytes;

  int bucket = NO_BUCKET;
  @Nullable Client before;
  @Nullable Client after;
}
