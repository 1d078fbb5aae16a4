package io.redoubt.server.lifecycle;

import io.redoubt.persistence.aof.AofException;
import io.redoubt.persistence.aof.ManifestException;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.process.BlockingSleep;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.command.admin.DebugCommands;
import io.redoubt.server.command.key.DumpCommands;
import io.redoubt.server.replication.Replication;
import java.io.IOException;

/** The server as DEBUG sees it. */
public record Debugging(
    Cron cron,
    Housekeeping housekeeping,
    ExpiryCycle expiry,
    DataSet dataSet,
    DumpCommands payloads,
    Replication replication,
    AppendOnlyFile appendOnlyFile,
    Log serverLog)
    implements DebugCommands.Host {
  @Override
  public void sleep(long millis) {
    BlockingSleep.ofMillis(millis);
  }

  @Override
  public void activeExpire(boolean on) {
    expiry.turn(on);
  }

  @Override
  public void pauseCron(boolean paused) {
    cron.paused(paused);
    housekeeping.paused(paused);
  }

  @Override
  public void log(String line) {
    serverLog.warning("%s", line);
  }

  @Override
  public void reload(boolean save, boolean flush, boolean merge) {
    try {
      dataSet.reload(save, flush, merge, !replication.isReplica());
    } catch (IOException | RdbException e) {
      serverLog.warning("DEBUG RELOAD failed: %s", SystemErrors.text(e));
      throw new CommandError("ERR Error trying to load the RDB dump, check server logs");
    }
  }

  @Override
  public void appendFlushSleep(long millis) {
    appendOnlyFile.flushSleep(millis);
  }

  @Override
  public void loadAppendOnlyFile() {
    try {
      appendOnlyFile.reload(dataSet::clear);
    } catch (IOException | RdbException | AofException | ManifestException e) {
      serverLog.warning("DEBUG LOADAOF failed: %s", SystemErrors.text(e));
      throw new CommandError("ERR Error trying to load the AOF files, check server logs");
    }
  }

  @Override
  public void skipPayloadChecksums(boolean skip) {
    payloads.comparesChecksums(!skip);
  }

  @Override
  public void changeReplicationId() {
    replication.changeId();
  }
}
