package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.AofLog;
import io.redoubt.persistence.io.Disk;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The directory of the append-only files. CONFIG SET dir changes it only while the file is off. */
final class AppendFiles {
  private final Disk disk;
  private final ServerDirectives settings;
  private final AofLog aofLog;
  private Path workingDirectory;
  private AofDirectory directory;

  AppendFiles(Disk disk, ServerDirectives settings, Log serverLog) {
    this.disk = disk;
    this.settings = settings;
    this.aofLog =
        new AofLog() {
          @Override
          public void notice(String text) {
            serverLog.notice("%s", text);
          }

          @Override
          public void warning(String text) {
            serverLog.warning("%s", text);
          }
        };
    this.workingDirectory = settings.path("");
    this.directory = of(workingDirectory);
  }

  private AofDirectory of(Path parent) {
    return new AofDirectory(
        disk,
        parent,
        settings.persistence.appenddirname.value(),
        settings.persistence.appendfilename.value(),
        aofLog);
  }

  AofLog log() {
    return aofLog;
  }

  AofDirectory current() {
    return directory;
  }

  /** Adds the saved tail of the replication stream to a loaded position, if it was saved. */
  @Nullable ReplicationPoint withTail(@Nullable ReplicationPoint loaded) {
    try {
      return loaded == null ? null : tail().before(loaded);
    } catch (IOException e) {
      aofLog.warning("Can't read the end of the replication stream: " + SystemErrors.text(e));
      return loaded;
    }
  }

  /** Saves the tail of the replication stream next to the files at a shutdown. */
  void keepTail(@Nullable ReplicationPoint last) {
    if (last == null || last.tail().isEmpty()) {
      return;
    }
    try {
      tail().keep(last);
    } catch (IOException e) {
      aofLog.warning("Can't keep the end of the replication stream: " + SystemErrors.text(e));
    }
  }

  private StreamTail tail() {
    String name = settings.persistence.appendfilename.value() + ".backlog";
    return new StreamTail(disk, directory.directory().resolve(name));
  }

  /** Returns true if {@code dir} has changed since the directory was opened. */
  boolean hasMoved() {
    return !workingDirectory.equals(settings.path(""));
  }

  /** Switches to the configured directory, which the caller must open. */
  void move() {
    workingDirectory = settings.path("");
    directory = of(workingDirectory);
  }
}
