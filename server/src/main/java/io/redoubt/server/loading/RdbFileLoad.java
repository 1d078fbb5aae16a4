package io.redoubt.server.loading;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A load of a file into the keyspace, in slices between commands or all at once. */
public final class RdbFileLoad implements AutoCloseable {

  private static final int READ_BYTES = 1 << 16;
  private static final long SLICE_NANOS = 5_000_000;

  private final SnapshotContext context;
  private final LoadProgress progress;
  private final DiskFile file;
  private final RdbLoader loader;
  private final long startNanos;

  /** True if all is loaded in one slice: as with Redis, no client sees a small load. */
  private final boolean small;

  /** The callback at the end of a load in slices. */
  public interface Ending {

    /**
     * Called when all is loaded (null), or after a failure that left a part of the data in the
     * keyspace.
     */
    void onEnd(@Nullable Exception failure);
  }

  /** Opens the file without loading anything yet. */
  public RdbFileLoad(SnapshotContext context, Path path, LoadRule rule, LoadProgress progress)
      throws IOException {
    this(context, path, rule, progress, (point, database, key, length) -> {});
  }

  /**
   * Opens the file without loading anything yet.
   *
   * @param whenExpired receives the expired keys that are skipped
   */
  public RdbFileLoad(
      SnapshotContext context,
      Path path,
      LoadRule rule,
      LoadProgress progress,
      RdbLoader.ExpiredKey whenExpired)
      throws IOException {
    this.context = context;
    this.progress = progress;
    this.file = context.disk().read(path);
    long nowMillis = context.clock().wallMillis();
    long size = file.size();
    this.loader = new RdbLoader(context, rule, whenExpired).totalBytes(size);
    this.startNanos = context.clock().monotonicNanos();
    this.small = size <= READ_BYTES;
    progress.begin(nowMillis, size);
  }

  /** Loads everything before returning. */
  public void run() throws IOException, RdbException {
    while (!step(Long.MAX_VALUE)) {
      Thread.onSpinWait(); // only if key-load-delay slows it down
    }
  }

  /** Loads in turns of the loop, a few milliseconds each, and closes at the end. */
  public void runInTurns(Ending ending) {
    boolean done;
    try {
      done = step(SLICE_NANOS);
    } catch (IOException | RdbException | RuntimeException e) {
      closeQuietly();
      ending.onEnd(e);
      return;
    }
    if (done) {
      closeQuietly();
      ending.onEnd(null);
    } else {
      context.turns().nextTurn(() -> runInTurns(ending));
    }
  }

  /**
   * Loads for about the given time.
   *
   * @return true if everything is loaded
   * @throws LoadMemoryException if the data does not fit into memory
   */
  public boolean step(long budgetNanos) throws IOException, RdbException {
    try {
      return load(budgetNanos);
    } catch (OutOfMemoryError full) {
      throw new LoadMemoryException(full);
    }
  }

  private boolean load(long budgetNanos) throws IOException, RdbException {
    long start = context.clock().monotonicNanos();
    while (true) {
      long now = context.clock().monotonicNanos();
      long delayNanos = loader.keysLoaded() * context.settings().keyLoadDelayMicros() * 1000;
      boolean spent = now - start >= budgetNanos && !small;
      if (spent || now - startNanos < delayNanos) {
        progress.onProgress(loader);
        return false;
      }
      if (loader.isComplete()) {
        break;
      }
      RdbReader reader = loader.reader();
      int room = Math.min(reader.room(), READ_BYTES);
      int read = file.read(reader.memory(), reader.limit(), room);
      if (read < 0) {
        loader.finish();
      } else {
        reader.onFilled(read);
      }
    }
    progress.onProgress(loader);
    logLoaded();
    return true;
  }

  private void logLoaded() {
    long skipped = loader.emptyKeysSkipped();
    context
        .log()
        .notice(
            "Done loading RDB, keys loaded: %d, keys expired: %d%s.",
            loader.keysLoaded(),
            loader.keysExpired(),
            skipped == 0 ? "" : ", empty keys skipped: " + skipped);
    if (loader.repairs() > 0) {
      context.log().warning("%d repairs of values that contradicted themselves.", loader.repairs());
    }
  }

  /** Returns the number of keys loaded so far. */
  public long keysLoaded() {
    return loader.keysLoaded();
  }

  /**
   * Returns the point of the replication history that the loaded file represents; null if it names
   * none.
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
