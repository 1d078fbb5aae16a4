package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A library of functions.
 *
 * @param code the whole source, including the first line
 */
public record Library(String name, ByteString code, List<Function> functions) {

  /** Copies the list of functions. */
  public Library {
    functions = List.copyOf(functions);
  }

  /**
   * A function of the library.
   *
   * @param description the description given by the function, or null
   */
  public record Function(Script script, @Nullable String description) {

    /** Returns the function's name for FCALL. */
    public String name() {
      return script.name();
    }
  }
}
