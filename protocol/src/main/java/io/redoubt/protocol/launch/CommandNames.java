package io.redoubt.protocol.launch;

import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.FileWord;
import java.util.List;

/** The names that {@code rename-command} gives to commands. */
public record CommandNames(FileWord renameCommand, CommandTable<?> table) {
  /**
   * Gives commands their configured names. The table is complete.
   *
   * @throws FatalConfigError if a command that does not exist is renamed
   */
  public void rename() throws FatalConfigError {
    List<List<String>> lines = renameCommand.words();
    for (int i = 0; i < lines.size(); i++) {
      try {
        table.rename(lines.get(i).get(0), lines.get(i).get(1));
      } catch (IllegalArgumentException e) {
        throw renameCommand.error(i, String.valueOf(e.getMessage()));
      }
    }
  }
}
