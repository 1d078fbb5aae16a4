package io.redoubt.server;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.rdb.CheckTerminal;
import io.redoubt.persistence.rdb.RdbCheck;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;

/**
 * The last thing that a server does which can't load its RDB file: it logs what redis-check-rdb
 * says of it, as Redis does, so that the log tells which key the fault is in.
 */
final class CorruptFileReport implements CheckTerminal {
  private final Log log;
  private final Clock clock;
  private final StringBuilder line = new StringBuilder();

  CorruptFileReport(Log log, Clock clock) {
    this.log = log;
    this.clock = clock;
  }

  void check(Disk disk, ServerDirectives settings) {
    String name = settings.dbfilename.value();
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
  public void warn(String text) {
    // that the server ends is logged in any case
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
