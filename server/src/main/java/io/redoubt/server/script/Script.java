package io.redoubt.server.script;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A compiled script or function.
 *
 * @param reference where the engine keeps the function
 * @param name what errors call it: a script's SHA-1, a function's name
 * @param flags what it says of itself; null when it says nothing
 */
public record Script(int reference, String name, @Nullable Set<ScriptFlag> flags) {

  /** Whether it has a flag. */
  public boolean is(ScriptFlag flag) {
    return flags != null && flags.contains(flag);
  }

  /** Whether it says that it may write: it has flags, and no-writes is not among them. */
  public boolean declaresWrites() {
    return flags != null && !flags.contains(ScriptFlag.NO_WRITES);
  }
}
