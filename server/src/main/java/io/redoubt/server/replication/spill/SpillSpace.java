package io.redoubt.server.replication.spill;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** The directory of all spills ({@code repl-spill-dir}) and the limit of their total size. */
public final class SpillSpace {
  /** Both ends of a spill: its file, opened for writing and for reading. */
  record Ends(DiskFile writer, DiskFile reader) {}

  private final Clock clock;
  private final Log log;
  private final ServerDirectives settings;
  private final Disk disk;
  private final IntSupplier port;
  private long usedBytes;
  private int filesCreated;

  public SpillSpace(
      Environment environment, ServerDirectives settings, Disk disk, IntSupplier port) {
    this.clock = environment.clock();
    this.log = environment.log();
    this.settings = settings;
    this.disk = disk;
    this.port = port;
  }

  public long usedBytes() {
    return usedBytes;
  }

  /** Reserves bytes; fails if the limit would be exceeded. */
  void take(long bytes) throws IOException {
    long limit = settings.replication.replSpillMax.value();
    if (limit > 0 && usedBytes + bytes > limit) {
      throw new IOException(
          String.format(Locale.ROOT, "repl-spill-max (%d bytes) would be exceeded", limit));
    }
    usedBytes += bytes;
  }

  void release(long bytes) {
    usedBytes -= bytes;
  }

  /** Creates a file and deletes its name at once, so that a crash leaves no file behind. */
  Ends open() throws IOException {
    String directory = settings.replication.replSpillDir.value();
    Path path =
        settings
            .path(directory.isEmpty() ? "." : directory)
            .resolve(
                String.format(
                    Locale.ROOT,
                    "temp-spill-%d.%d.%d",
                    port.getAsInt(),
                    clock.wallMillis(),
                    filesCreated++));
    DiskFile writer = disk.create(path);
    try {
      return new Ends(writer, disk.read(path));
    } catch (IOException e) {
      writer.close();
      throw e;
    } finally {
      disk.delete(path);
    }
  }

  void close(@Nullable DiskFile file) {
    if (file == null) {
      return;
    }
    try {
      file.close();
    } catch (IOException e) {
      log.warning("Can't close a spill file: %s", SystemErrors.text(e));
    }
  }
}
