package io.redoubt.server.aof;

import io.redoubt.persistence.aof.AofException;
import io.redoubt.persistence.aof.AofFile;
import io.redoubt.persistence.aof.AofFileType;
import io.redoubt.persistence.aof.AofLoad;
import io.redoubt.persistence.aof.AofVisitor;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.loading.LoadMemoryException;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.loading.RdbLoader;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.replication.stream.NewerCommand;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Restores the data set from the append-only files: loads the RDB preamble and executes the
 * commands like those of a master. After an exception the keyspace is incomplete and must not be
 * served.
 */
final class AofReplay implements AofVisitor, AutoCloseable {
  /** Receives the outcome of a load in turns. */
  interface Ending {
    /** Called at the end of the load, with the failure or null. */
    void onEnd(@Nullable Exception failure);
  }

  private static final long SLICE_NANOS = 5_000_000;

  /** The number of removed entries freed after each command, since nothing else frees them. */
  private static final int FREED_PER_COMMAND = 64;

  private final Clock clock;
  private final Log log;
  private final SnapshotContext context;
  private final LoadProgress progress;
  private final Propagation propagation;
  private final CommandDispatcher dispatcher;
  private final AofLoad files;
  private final ServerClient client;
  private @Nullable RdbLoader preamble;
  private String fileName = "";

  /** The replication position of the commands loaded so far, null if unknown. */
  private @Nullable ReplicationPoint place;

  private String placeId = "";
  private int placeDatabase;
  private long fileStartNanos;

  /** Opens the files without loading anything. */
  AofReplay(AofLoader loader, AppendFiles directory) throws IOException {
    Environment environment = loader.environment();
    clock = environment.clock();
    log = environment.log();
    context = loader.context();
    progress = loader.progress();
    propagation = loader.propagation();
    dispatcher = loader.dispatcher();
    Keyspace keyspace = context.keyspace();
    files =
        new AofLoad(
            context.disk(),
            directory.current(),
            new SlabBuffers(keyspace.slabs()),
            this,
            loader.settings().persistence.aofLoadTruncated.value(),
            directory.log());
    client = loader.clients().master(0);
    progress.begin(clock.wallMillis(), files.totalBytes());
    beginFile();
  }

  /** Returns the error for files that could not be opened, with Redis' text. */
  static IOException unreadable(IOException e) {
    String file = e instanceof FileSystemException of ? of.getFile() : "";
    return new IOException(
        String.format(
            Locale.ROOT,
            "Unable to obtain the AOF file %s length. stat: %s",
            Path.of(String.valueOf(file)).getFileName(),
            SystemErrors.text(e)),
        e);
  }

  /** Adds Redis' text to the failure of an RDB preamble; returns other failures unchanged. */
  @Nullable Exception explained(@Nullable Exception failure) {
    return failure instanceof RdbException bad
        ? new IOException(
            String.format(
                Locale.ROOT,
                "Error reading the RDB preamble of the AOF file %s, AOF loading aborted: %s at"
                    + " offset %d",
                fileName,
                log.shown(bad),
                bad.offset()),
            bad)
        : failure;
  }

  private void beginFile() {
    AofFile file = files.current();
    fileName = file == null ? "" : file.name();
    fileStartNanos = clock.monotonicNanos();
  }

  /** Loads everything before it returns. */
  void run() throws IOException, AofException, RdbException {
    while (step(Long.MAX_VALUE)) {
      Thread.onSpinWait(); // the time of a slice is not limited
    }
  }

  /** Loads in turns of the event loop, a few milliseconds each, and closes this at the end. */
  void runInTurns(Ending ending) {
    boolean more;
    try {
      more = step(SLICE_NANOS);
    } catch (IOException | AofException | RdbException | RuntimeException e) {
      close();
      ending.onEnd(e);
      return;
    }
    if (more) {
      context.turns().nextTurn(() -> runInTurns(ending));
    } else {
      close();
      ending.onEnd(null);
    }
  }

  /** Loads for about the given time; returns true if more is left. */
  private boolean step(long budgetNanos) throws IOException, AofException, RdbException {
    long start = clock.monotonicNanos();
    Keyspace keyspace = context.keyspace();
    keyspace.setNowMicros(clock.wallMicros());
    ExpiredKeys before = keyspace.expiredKeys();
    keyspace.setExpiredKeys(ExpiredKeys.KEEP); // the file contains a removal for each expired key
    propagation.setMuted(true);
    boolean more;
    try {
      do {
        more = files.step();
      } while (more && clock.monotonicNanos() - start < budgetNanos);
    } catch (OutOfMemoryError full) {
      throw new LoadMemoryException(full);
    } finally {
      propagation.setMuted(false);
      keyspace.setExpiredKeys(before);
    }
    progress.onProgress(files.loadedBytes());
    return more;
  }

  @Override
  public RdbReader beginPreamble() {
    log.notice("Reading RDB base file on AOF loading...");
    RdbLoader loader =
        new RdbLoader(context, new LoadRule(false, false, context.settings().checksum()));
    preamble = loader;
    return loader.reader();
  }

  @Override
  public void endPreamble() {
    RdbLoader loaded = preamble;
    if (loaded != null) {
      progress.onProgress(loaded);
      log.notice(
          "Done loading RDB, keys loaded: %d, keys expired: %d.",
          loaded.keysLoaded(), loaded.keysExpired());
      ReplicationPoint point = loaded.replication();
      if (point != null) {
        placeId = point.id();
        placeDatabase = point.database();
      }
      place = point;
      loaded.close();
      preamble = null;
    }
  }

  @Override
  public void annotation(String text) {
    if (!text.startsWith(AppendStream.PLACE)) {
      return;
    }
    String[] words = text.substring(AppendStream.PLACE.length()).split(" ");
    try {
      if (words.length == 3) {
        placeId = words[1];
        placeDatabase = Integer.parseInt(words[2]);
      }
      place = new ReplicationPoint(placeDatabase, placeId, Long.parseLong(words[0]));
    } catch (NumberFormatException notAPlace) {
      place = null;
    }
  }

  /** Returns the replication position of the loaded data set, or null. */
  @Nullable ReplicationPoint place() {
    return placeId.isEmpty() ? null : place;
  }

  @Override
  public void command(Request request, long offset) throws AofException {
    place = null; // unknown until the next position mark
    int before = NewerCommand.wordsBefore(request);
    if (before > 0) {
      request.dropFirst(before);
    }
    if (dispatcher.find(request) == null) {
      String name = new String(request.bytes(0), StandardCharsets.ISO_8859_1);
      throw new AofException(
          String.format(
              Locale.ROOT, "Unknown command '%s' reading the append only file %s", name, fileName),
          offset);
    }
    dispatcher.dispatch(client, request);
    if (client.isOutOfStep()) {
      throw new AofException(
          String.format(
              Locale.ROOT,
              "Out of memory reading the append only file %s: the data set is incomplete",
              fileName),
          offset);
    }
    context.keyspace().freeSome(FREED_PER_COMMAND);
  }

  @Override
  public void timestamp(long seconds, long offset) {
    // Needed only by redis-check-aof, to truncate a file at a time.
  }

  @Override
  public void cut() {
    place = null;
    client.endTransaction();
  }

  @Override
  public void endFile(AofFile file) {
    log.notice(
        "DB loaded from %s file %s: %.3f seconds",
        file.type() == AofFileType.BASE ? "base" : "incr",
        file.name(),
        (clock.monotonicNanos() - fileStartNanos) / 1e9);
    client.endTransaction();
    client.selectDatabase(0);
    beginFile();
  }

  @Override
  public void close() {
    progress.end();
    if (preamble != null) {
      preamble.close();
      preamble = null;
    }
    client.close();
    try {
      files.close();
    } catch (IOException e) {
      log.warning("Closing the append only file: %s", SystemErrors.text(e));
    }
  }
}
