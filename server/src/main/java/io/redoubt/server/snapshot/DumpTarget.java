package io.redoubt.server.snapshot;

import io.redoubt.persistence.io.Disk;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** The target of SAVE and BGSAVE: the file {@code dbfilename}, which replaces the previous one. */
final class DumpTarget implements SnapshotTarget {
  private final Disk disk;
  private final Path directory;
  private final Path temporary;
  private final Path file;

  DumpTarget(SnapshotContext context, String temporaryName) {
    this.disk = context.disk();
    this.directory = context.settings().directory();
    this.temporary = directory.resolve(temporaryName);
    this.file = directory.resolve(context.settings().fileName());
  }

  @Override
  public Path temporary() {
    return temporary;
  }

  @Override
  public boolean isBase() {
    return false;
  }

  @Override
  public boolean holdsCommands() {
    return false;
  }

  @Override
  public long timestampSeconds() {
    return -1;
  }

  @Override
  public void publish() throws IOException {
    try {
      disk.rename(temporary, file);
    } catch (IOException e) {
      throw new SaveFailure(
          String.format(
              Locale.ROOT,
              "Error moving temp DB file %s on the final destination %s (in server root dir %s):"
                  + " %s",
              temporary.getFileName(),
              file.getFileName(),
              directory,
              SystemErrors.text(e)),
          e);
    }
    disk.syncDirectory(directory);
  }
}
