package io.redoubt.server.loading;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.snapshot.ReplicationPoint;
import io.redoubt.server.snapshot.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Loads a file into the keyspace, in slices between commands or all at once. */
public final class RdbFileLoad implements AutoCloseable {

  private static final int READ_BYTES = 1 << 16;
  private static final long SLICE_NANOS = 5_000_000;

  private final SnapshotContext context;
  private final LoadProgress progress;
  private final DiskFile file;
  private final RdbLoader loader;
  private final long startNanos;

  /** How a load in slices ends. */
  public interface Ending {

    /** All is loaded (null), or the load failed and the keyspace holds a part of the data. */
    void ended(@Nullable Exception failure);
  }

  /** Opens the file and begins; nothing is loaded yet. */
  public RdbFileLoad(SnapshotContext context, Path path, LoadRule rule, LoadProgress progress)
      throws IOException {
    this.context = context;
    this.progress = progress;
    this.file = context.disk().read(path);
    long nowMillis = context.clock().wallMillis();
    long size = file.size();
    this.loader = new RdbLoader(context, rule).totalBytes(size);
    this.startNanos = context.clock().monotonicNanos();
    progress.begin(nowMillis, size);
  }

  /** Sets who hears of keys that are left out because their time is over. */
  public void whenExpired(RdbLoader.ExpiredKey listener) {
    loader.whenExpired(listener);
  }

  /** Loads all before it returns. */
  public void run() throws IOException, RdbException {
    while (!step(Long.MAX_VALUE)) {
      Thread.onSpinWait(); // only where key-load-delay slows it down
    }
  }

  /** Loads in turns of the loop, a few milliseconds each, and closes at the end. */
  public void runInTurns(Ending ending) {
    boolean done;
    try {
      done = step(SLICE_NANOS);
    } catch (IOException | RdbException | RuntimeException e) {
      closeQuietly();
      ending.ended(e);
      return;
    }
    if (done) {
      closeQuietly();
      ending.ended(null);
    } else {
      context.turns().nextTurn(() -> runInTurns(ending));
    }
  }

  /**
   * Loads for about that long.
   *
   * @return whether all is loaded
   */
  public boolean step(long budgetNanos) throws IOException, RdbException {
    long start = context.clock().monotonicNanos();
    while (!loader.isComplete()) {
      long now = context.clock().monotonicNanos();
      long delayNanos = loader.keysLoaded() * context.settings().keyLoadDelayMicros() * 1000;
      if (now - start >= budgetNanos || now - startNanos < delayNanos) {
        progress.reached(loader);
        return false;
      }
      RdbReader reader = loader.reader();
      int room = Math.min(reader.room(), READ_BYTES);
      int read = file.read(reader.memory(), reader.limit(), room);
      if (read < 0) {
        loader.finish();
      } else {
        reader.filled(read);
      }
    }
    progress.reached(loader);
    logLoaded();
    return true;
  }

  private void logLoaded() {
    String text =
        "Done loading RDB, keys loaded: %d, keys expired: %d"
            .formatted(loader.keysLoaded(), loader.keysExpired());
    long skipped = loader.emptyKeysSkipped();
    context
        .log()
        .notice("%s", skipped == 0 ? text + "." : text + ", empty keys skipped: " + skipped + ".");
  }

  /** The keys loaded so far. */
  public long keysLoaded() {
    return loader.keysLoaded();
  }

  /**
   * The place in a replication history that the file stands for, when all is loaded; null when it
   * names none.
   */
  public @Nullable ReplicationPoint replication() {
    return loader.replication();
  }

  private void closeQuietly() {
    try {
      close();
    } catch (IOException e) {
      context.log().warning("Closing the RDB file: %s", SystemErrors.text(e));
    }
  }

  @Override
  public void close() throws IOException {
    progress.end();
    loader.close();
    file.close();
  }
}
