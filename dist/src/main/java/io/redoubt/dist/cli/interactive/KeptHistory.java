package io.redoubt.dist.cli.interactive;

import io.redoubt.dist.cli.session.LineRunner;
import java.time.Instant;
import org.jline.reader.LineReader;
import org.jline.reader.impl.history.DefaultHistory;

/**
 * The history of a session. It starts with the lines of a file, and leaves out lines with a
 * password.
 */
final class KeptHistory extends DefaultHistory {
  private final HistoryFile file;

  KeptHistory(HistoryFile file) {
    this.file = file;
  }

  /** Adds the file's lines. */
  @Override
  public void attach(LineReader reader) {
    super.attach(reader);
    if (isEmpty()) {
      file.read().forEach(line -> super.add(Instant.EPOCH, line));
    }
  }

  @Override
  public void add(Instant time, String line) {
    boolean repeated = !isEmpty() && get(last()).equals(line);
    if (!line.isBlank() && !repeated && !LineRunner.hasPassword(line)) {
      super.add(time, line);
      file.add(line);
    }
  }
}
