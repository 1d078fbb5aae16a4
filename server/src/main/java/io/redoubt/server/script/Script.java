package io.redoubt.server.script;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A compiled script or function.
 *
 * @param reference the engine's reference to the function
 * @param name the name in error messages: a script's SHA-1, a function's name
 * @param flags the declared flags; null if none are declared
 */
public record Script(int reference, String name, @Nullable Set<ScriptFlag> flags) {

  /** Returns true if the flag is declared. */
  public boolean is(ScriptFlag flag) {
    return flags != null && flags.contains(flag);
  }

  /** Returns true if flags are declared and no-writes is not among them. */
  public boolean declaresWrites() {
    return flags != null && !flags.contains(ScriptFlag.NO_WRITES);
  }
}
