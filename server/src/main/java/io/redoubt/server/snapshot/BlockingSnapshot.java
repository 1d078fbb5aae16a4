package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.process.BlockingSleep;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.context.SnapshotSettings;
import io.redoubt.server.snapshot.record.EntryWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A snapshot that blocks the event loop until its file is in place: SAVE, the save at shutdown and
 * the first base of an append-only file. It needs no pre-images, because no command runs meanwhile.
 */
final class BlockingSnapshot {
  private final SnapshotContext context;
  private long owedMicros; // the unspent part of rdb-key-save-delay

  BlockingSnapshot(SnapshotContext context) {
    this.context = context;
  }

  /**
   * Writes the data set to a file and publishes it.
   *
   * @throws UncheckedIOException if the disk fails while entries are written
   */
  void write(SnapshotTarget target) throws IOException {
    try (RdbFile file = new RdbFile(context, target)) {
      writeTo(file, target);
    }
  }

  private void writeTo(RdbFile file, SnapshotTarget target) throws IOException {
    Keyspace keyspace = context.keyspace();
    BufferMemory buffers = BufferMemory.offHeap();
    SnapshotSettings settings = context.settings();
    try (Arena arena = Arena.ofConfined()) {
      FileOutput out =
          new FileOutput(
              file,
              arena.allocate(RdbFile.WRITE_BYTES),
              settings.checksum() && !target.holdsCommands());
      FileFormat format =
          new FileFormat(out, target, settings.compress(), settings.version(), buffers);
      RdbVisitor writer = format.visitor();
      format.begin(context);
      FileHead.write(writer, context, target);
      EntryWriter entries =
          new EntryWriter(
              writer, context, FileFormat.version(target, settings), new KeyspaceSizes(keyspace));
      int databases = target.isBase() ? keyspace.countWithStaged() : keyspace.count();
      for (int position = 0; position < databases; position++) {
        int index = keyspace.indexAt(position);
        keyspace
            .database(index)
            .forEach(entry -> {
              entries.write(index, entry);
              delay(settings.keySaveDelayMicros());
            });
      }
      writer.end();
      format.close();
      out.flush();
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts everything
    }
    file.sync();
    file.publish();
  }

  /** Delays the save of a key, for tests. */
  private void delay(long micros) {
    owedMicros += Math.max(micros, 0);
    if (owedMicros >= 1000) {
      BlockingSleep.ofMillis(owedMicros / 1000);
      owedMicros %= 1000;
    }
  }

  /** The current sizes of the databases. */
  private record KeyspaceSizes(Keyspace keyspace) implements EntryWriter.Sizes {
    @Override
    public long keys(int position) {
      return keyspace.database(keyspace.indexAt(position)).size();
    }

    @Override
    public long expiring(int position) {
      return keyspace.database(keyspace.indexAt(position)).expiries().size();
    }
  }

  /** Writes to a file on the calling thread. */
  private static final class FileOutput extends RdbOutput {
    private final RdbFile file;
    private final MemorySegment window;

    FileOutput(RdbFile file, MemorySegment window, boolean checksum) {
      super(checksum);
      this.file = file;
      this.window = window;
      window(window, 0, window.byteSize());
    }

    @Override
    protected void renew(long end, int atLeastBytes) {
      try {
        file.write(window, 0, end);
        file.syncSome();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      window(window, 0, window.byteSize());
    }

    void flush() throws IOException {
      file.write(window, 0, position());
    }
  }
}
