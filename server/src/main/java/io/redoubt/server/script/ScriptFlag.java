package io.redoubt.server.script;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A flag of a script or function, declared in its first line or at its registration. */
public enum ScriptFlag {
  /** Calls no write command. */
  NO_WRITES,
  /** May run while memory is short. */
  ALLOW_OOM,
  /** May run on a replica without its master. */
  ALLOW_STALE,
  /** Does not run in a cluster. */
  NO_CLUSTER,
  /** May use keys of several slots. */
  ALLOW_CROSS_SLOT_KEYS;

  /** Returns the flag as written in scripts. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns the flag of that name, or null. */
  public static @Nullable ScriptFlag named(String word) {
    for (ScriptFlag flag : values()) {
      if (flag.word().equals(word)) {
        return flag;
      }
    }
    return null;
  }
}
