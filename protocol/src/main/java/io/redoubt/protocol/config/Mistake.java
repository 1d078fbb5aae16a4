package io.redoubt.protocol.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mistake in a configuration.
 *
 * @param file the file with the mistake; null for the options or standard input
 * @param row from 1
 * @param column from 1; 0 for the whole line
 * @param line the line, or the line that the YAML stands for; may be empty
 * @param reason the reason, or the expected value
 * @param hints likely causes, one sentence each; may be empty
 */
public record Mistake(
    @Nullable Path file, int row, int column, String line, String reason, List<String> hints) {
  /** Returns the same place with a reason. */
  Mistake because(String otherReason) {
    return new Mistake(file, row, column, line, otherReason, hints);
  }

  /** Returns the mistake in the form of compilers: {@code file:line:column: 'line': reason}. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(file == null ? "options" : file).append(':').append(row).append(':');
    text.append(Math.max(column, 1)).append(": ");
    if (!line.isEmpty()) {
      text.append('\'').append(line).append("': ");
    }
    text.append(reason);
    hints.forEach(hint -> text.append("\n  ").append(hint));
    return text.toString();
  }
}
