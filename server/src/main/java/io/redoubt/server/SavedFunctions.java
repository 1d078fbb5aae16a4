package io.redoubt.server;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Functions;
import io.redoubt.server.execution.Functions.Taken;
import io.redoubt.server.snapshot.FunctionLibraries;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Functions as the part of the data set that they are. */
final class SavedFunctions implements FunctionLibraries {
  private @Nullable Functions functions;

  /** Sets whose functions they are; there are none before. */
  void of(Functions newFunctions) {
    functions = newFunctions;
  }

  @Override
  public List<ByteString> texts() {
    return functions == null ? List.of() : functions.texts();
  }

  @Override
  public String load(ByteString text, boolean replaces) {
    if (functions == null) {
      return "scripts are not set up";
    }
    try {
      functions.restore(List.of(text), replaces ? Taken.REPLACE : Taken.REFUSE);
      return "";
    } catch (CommandError error) {
      return error.text();
    }
  }

  @Override
  public void clear() {
    if (functions != null) {
      functions.flush();
    }
  }
}
