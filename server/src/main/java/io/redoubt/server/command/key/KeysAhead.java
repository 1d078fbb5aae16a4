package io.redoubt.server.command.key;

import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Prefetch;
import org.jspecify.annotations.Nullable;

/** Prefetches the keys of a command with many keys, so that their cache misses overlap. */
final class KeysAhead {
  private static final int FEW = 16;
  private static final int MOST = 64;

  private final Call call;
  private final Prefetch prefetch;
  private final long[] addresses = new long[MOST];
  private final int[] lengths = new int[MOST];

  private KeysAhead(Call call) {
    this.call = call;
    prefetch = new Prefetch(call.keyspace());
  }

  /**
   * Returns a prefetcher for a command that has only keys as arguments, or null if there are few.
   */
  static @Nullable KeysAhead of(Call call) {
    return call.count() <= FEW ? null : new KeysAhead(call);
  }

  /** Prefetches a batch of keys at each batch's first one. Called before each key, in order. */
  static void at(@Nullable KeysAhead keys, int argument) {
    if (keys != null && (argument - 1) % MOST == 0) {
      keys.fetchFrom(argument);
    }
  }

  private void fetchFrom(int argument) {
    int count = Math.min(MOST, call.count() - argument);
    for (int i = 0; i < count; i++) {
      addresses[i] = call.argAddress(argument + i);
      lengths[i] = call.argLength(argument + i);
    }
    prefetch.keys(call.database(), addresses, lengths, count);
  }
}
