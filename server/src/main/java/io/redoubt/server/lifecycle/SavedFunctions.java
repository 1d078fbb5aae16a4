package io.redoubt.server.lifecycle;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Functions;
import io.redoubt.server.execution.Functions.Taken;
import io.redoubt.server.snapshot.context.FunctionLibraries;
import java.util.List;
import java.util.function.Supplier;

/** The function libraries as part of the saved and loaded data set. */
public final class SavedFunctions implements FunctionLibraries {
  private final Supplier<Functions> functions;

  /**
   * Creates a view of the functions, which are supplied at each use because they are created later.
   */
  public SavedFunctions(Supplier<Functions> functions) {
    this.functions = functions;
  }

  @Override
  public List<ByteString> texts() {
    return functions.get().texts();
  }

  @Override
  public String load(ByteString text, boolean replaces) {
    try {
      functions.get().restore(List.of(text), replaces ? Taken.REPLACE : Taken.REFUSE);
      return "";
    } catch (CommandError error) {
      return error.text();
    }
  }

  @Override
  public void clear() {
    functions.get().flush();
  }
}
