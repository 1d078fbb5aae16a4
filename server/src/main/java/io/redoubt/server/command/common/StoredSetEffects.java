package io.redoubt.server.command.common;

import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import java.nio.charset.StandardCharsets;

/**
 * Propagates the result of a command that stores a sorted set and is unknown to Redis 7.2: a DEL,
 * and ZADDs of its members.
 */
public final class StoredSetEffects {
  private static final byte[] DEL = word("DEL");
  private static final byte[] ZADD = word("ZADD");

  /** The number of members of one ZADD. */
  private static final int MEMBERS = 512;

  private StoredSetEffects() {}

  private static byte[] word(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Propagates the sorted set at the key in an argument.
   *
   * @param replaces true if the key existed before
   * @param size the number of members; if 0, the key is gone
   */
  public static void propagate(Call call, int keyArg, boolean replaces, long size) {
    if (!call.propagates()) {
      return;
    }
    if (replaces) {
      call.propagateAs(2).word(DEL).argument(keyArg);
    }
    if (size == 0) {
      return;
    }
    try (SortedSetCursor cursor = call.values().sortedSets().cursor()) {
      boolean more = cursor.seek(call.findAgain(keyArg), 0);
      for (long left = size; more; left -= MEMBERS) {
        int members = (int) Math.min(left, MEMBERS);
        Effect effect = call.propagateAs(2 + 2 * members).word(ZADD).argument(keyArg);
        for (int i = 0; i < members; i++) {
          effect.score(cursor.score()).bytes(cursor.memberAddress(), cursor.memberLength());
          more = cursor.next();
        }
      }
    }
  }
}
