package io.redoubt.protocol.launch;

import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.FileWord;
import io.redoubt.protocol.config.Mistakes;
import java.util.List;

/** The names that {@code rename-command} gives to commands. */
public record CommandNames(FileWord renameCommand, CommandTable<?> table) {
  /**
   * Gives commands their configured names. The table is complete.
   *
   * @param mistakes receives the lines that rename unknown commands
   */
  public void rename(Mistakes mistakes) throws FatalConfigError {
    List<List<String>> lines = renameCommand.words();
    for (int i = 0; i < lines.size(); i++) {
      try {
        table.rename(lines.get(i).get(0), lines.get(i).get(1));
      } catch (IllegalArgumentException e) {
        mistakes.onMistake(renameCommand.error(i, String.valueOf(e.getMessage())));
      }
    }
  }
}
