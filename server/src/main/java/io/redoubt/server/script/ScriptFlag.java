package io.redoubt.server.script;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a script or function says of itself: in its first line, or when it is registered. */
public enum ScriptFlag {
  /** It calls no command that writes. */
  NO_WRITES,
  /** It may run while memory is short. */
  ALLOW_OOM,
  /** It may run on a replica without its master. */
  ALLOW_STALE,
  /** It does not run in a cluster. */
  NO_CLUSTER,
  /** Its keys may be of several slots. */
  ALLOW_CROSS_SLOT_KEYS;

  /** The flag as it is written. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The flag of that name, or null. */
  public static @Nullable ScriptFlag named(String word) {
    for (ScriptFlag flag : values()) {
      if (flag.word().equals(word)) {
        return flag;
      }
    }
    return null;
  }
}
