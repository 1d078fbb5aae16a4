package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A library of functions.
 *
 * @param code its whole text, with the first line
 */
public record Library(String name, ByteString code, List<Function> functions) {

  /** The functions, as a copy that does not change. */
  public Library {
    functions = List.copyOf(functions);
  }

  /**
   * One of its functions.
   *
   * @param description what it says of itself, or null
   */
  public record Function(Script script, @Nullable String description) {

    /** What FCALL calls it. */
    public String name() {
      return script.name();
    }
  }
}
