package io.redoubt.server.command.common;

import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.event.KeyEvent;

/** The key at which a command stores its result. */
public final class StoreDestination {
  private StoreDestination() {}

  /**
   * Removes the destination because the result is empty. A due key counts as deleted rather than
   * expired, as in Redis, which does not look the key up: the command itself is propagated.
   *
   * @return true if there was such a key
   */
  public static boolean remove(Call call, int keyArg) {
    if (!call.database().delete(call.argAddress(keyArg), call.argLength(keyArg))) {
      return false;
    }
    call.recordChange(keyArg, KeyEvent.DEL, 1);
    return true;
  }
}
