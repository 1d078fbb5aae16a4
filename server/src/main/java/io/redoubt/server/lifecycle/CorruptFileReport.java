package io.redoubt.server.lifecycle;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.rdb.check.CheckTerminal;
import io.redoubt.persistence.rdb.check.RdbCheck;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.UserText;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;

/**
 * The report of a server that can't load its RDB file and is about to exit: logs the output of
 * redis-check-rdb, as Redis does, so that the log names the corrupt key, unless it hides user data.
 */
public final class CorruptFileReport implements CheckTerminal {
  private final Log log;
  private final Clock clock;
  private final StringBuilder line = new StringBuilder();

  public CorruptFileReport(Log log, Clock clock) {
    this.log = log;
    this.clock = clock;
  }

  /** Checks the configured RDB file and logs the result. */
  public void check(Disk disk, ServerDirectives settings) {
    String name = settings.persistence.dbfilename.value();
    new RdbCheck(disk, this).run(settings.path(name), name);
    log.warning("Terminating server after rdb file reading failure.");
  }

  @Override
  public void print(String text) {
    line.append(text);
    int end;
    while ((end = line.indexOf("\n")) >= 0) {
      log.warning("%s", line.substring(0, end));
      line.delete(0, end + 1);
    }
  }

  @Override
  public String shown(String data) {
    return log.shown(UserText.of(data));
  }

  @Override
  public void warn(String text) {
    // ignored: check() logs that the server terminates
  }

  @Override
  public String answer() {
    return "";
  }

  @Override
  public String reason(IOException failure) {
    return SystemErrors.text(failure);
  }

  @Override
  public long nowMillis() {
    return clock.wallMillis();
  }
}
