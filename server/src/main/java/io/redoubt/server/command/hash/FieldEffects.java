package io.redoubt.server.command.hash;

import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import java.nio.charset.StandardCharsets;

/**
 * Propagates changes to fields of the first key. Values and deletions use commands of every
 * version; expiries use absolute times and {@link Call#propagateAsNewer}. Each method requires
 * {@link Call#propagates}.
 */
final class FieldEffects {
  private static final byte[] HSET = word("HSET");
  private static final byte[] HDEL = word("HDEL");
  private static final byte[] HPERSIST = word("HPERSIST");
  private static final byte[] HPEXPIREAT = word("HPEXPIREAT");
  private static final byte[] FIELDS = word("FIELDS");

  private FieldEffects() {}

  private static byte[] word(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }

  /** Propagates an HSET of the given number of pairs, which the caller writes. */
  static Effect set(Call call, int pairs) {
    return call.propagateAs(2 + 2 * pairs).word(HSET).argument(1);
  }

  /** Propagates the deletion of the given number of fields, which the caller writes. */
  static Effect delete(Call call, int fields) {
    return call.propagateAs(2 + fields).word(HDEL).argument(1);
  }

  /** Propagates the expiry of the given number of fields, which the caller writes. */
  static Effect expireAt(Call call, long unixMillis, int fields) {
    Effect effect = call.propagateAsNewer(5 + fields).word(HPEXPIREAT).argument(1);
    return effect.number(unixMillis).word(FIELDS).number(fields);
  }

  /** Propagates that the fields in some arguments expire no longer. */
  static void persist(Call call, int firstArg, int fields) {
    if (call.propagates()) {
      Effect effect = call.propagateAsNewer(4 + fields).word(HPERSIST).argument(1);
      effect.word(FIELDS).number(fields);
      for (int i = firstArg; i < firstArg + fields; i++) {
        effect.argument(i);
      }
    }
  }
}
