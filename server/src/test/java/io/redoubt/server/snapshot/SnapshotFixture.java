package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.loading.LoadProgress;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.loading.RdbFileLoad;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.snapshot.context.FunctionLibraries;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SavePoint;
import io.redoubt.server.snapshot.context.SnapshotContents;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.context.SnapshotSettings;
import io.redoubt.server.snapshot.export.DatasetDigest;
import io.redoubt.server.snapshot.export.Payloads;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.hash.HashCursor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A keyspace with the dependencies of snapshots. Strings are encoded as ISO-8859-1. */
public final class SnapshotFixture implements AutoCloseable, SnapshotSettings {

  public static final int DATABASES = 8;
  private static final int SCRATCH_BYTES = 1 << 21;

  /** A value and its expiry, -1 for none. */
  public record Value(String text, long expireAtMillis) {}

  final Slabs slabs = CheckingSlabs.create();
  public final Keyspace keyspace;
  public final Values values;
  public final ManualTurns turns = new ManualTurns();
  public final SteppingClock clock = new SteppingClock();
  final FailingDisk disk = new FailingDisk();
  public final SnapshotContext context;
  public final Snapshots snapshots;
  final List<SavePoint> savePoints = new ArrayList<>();
  public boolean compress = true;
  boolean writesWentOn;
  long keySaveDelayMicros;

  /** True if no thread can be started, as if the process had reached a limit. */
  boolean threadsFail;

  public long largeElements = 1024;
  int loopPercent = 8;
  public int version = RdbFormat.WRITTEN_VERSION;
  Accesses accesses = Accesses.NOT_TOLD;

  private final Path directory;
  private final long scratch = slabs.allocateFar(2 * SCRATCH_BYTES);

  /** Creates an empty keyspace that saves to a directory. */
  public SnapshotFixture(Path directory) {
    this.directory = directory;
    this.keyspace = new Keyspace(slabs, DATABASES, Seed.from(1));
    keyspace.setNowMicros(clock.wallMillis() * 1000);
    this.values = new Values(keyspace, smallLimits());
    this.context =
        new SnapshotContext(
            new SnapshotContents(
                values, new NoFunctions(), () -> new ReplicationPoint(3, "ab".repeat(20), 1234)),
            disk,
            this::thread,
            this,
            turns,
            clock,
            Log.silent(clock));
    this.snapshots = new Snapshots(context, () -> writesWentOn = true, nanos -> {});
  }

  private Thread thread(String name, Runnable task) {
    if (!threadsFail) {
      return Threads.ofSystem().unstarted(name, task);
    }
    return new Thread(name) {
      @Override
      public void start() {
        throw new OutOfMemoryError("unable to create native thread");
      }
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Writes a key to scratch memory and returns its address. */
  public long key(String key) {
    Region.put(scratch, bytes(key));
    return scratch;
  }

  /** Writes a value to scratch memory and returns its address. */
  public long value(String value) {
    Region.put(scratch + SCRATCH_BYTES, bytes(value));
    return scratch + SCRATCH_BYTES;
  }

  /** Stores a string value. */
  public void set(int database, String key, String value, long expireAtMillis) {
    Database db = keyspace.database(database);
    db.putString(key(key), key.length(), value(value), value.length(), expireAtMillis);
  }

  /** Returns the entry of a key, or 0. */
  public long find(int database, String key) {
    return keyspace.database(database).find(key(key), key.length());
  }

  boolean delete(int database, String key) {
    return keyspace.database(database).delete(key(key), key.length());
  }

  /** Returns all values of the keyspace by "database/key". */
  public Map<String, Value> contents() {
    Map<String, Value> all = new TreeMap<>();
    for (int i = 0; i < DATABASES; i++) {
      int index = i;
      keyspace
          .database(i)
          .forEach(entry ->
              all.put(
                  index
                      + "/"
                      + text(Region.toByteArray(Entry.keyAddress(entry), Entry.keyLength(entry))),
                  new Value(describe(entry), Entry.expireAt(entry))));
    }
    return all;
  }

  /** Returns the text of a string, or a type and digest of a collection. */
  String describe(long entry) {
    return switch (Entry.type(entry)) {
      case STRING -> text(StringValue.toByteArray(entry));
      case STREAM -> {
        byte[] payload = dump(entry, RdbFormat.NEWEST_VERSION, false); // ends in a checksum
        int end = payload.length;
        yield "STREAM " + HexFormat.of().formatHex(payload, end - Long.BYTES, end);
      }
      case HASH -> "HASH " + new DatasetDigest(values).ofValue(entry) + expiries(entry);
      default -> Entry.type(entry) + " " + new DatasetDigest(values).ofValue(entry);
    };
  }

  private String expiries(long entry) {
    HashCursor cursor = new HashCursor(keyspace);
    cursor.startWithDue(entry);
    long sum = 0;
    while (cursor.next()) {
      sum += cursor.field().expireAt();
    }
    return " " + sum;
  }

  /** Returns the DUMP payload of an entry. */
  public byte[] dump(long entry, int rdbVersion, boolean compressed) {
    try (BlockOutput out = Payloads.dump(values, entry, compressed, rdbVersion)) {
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Loads a file into another keyspace and returns its contents. */
  public static Map<String, Value> load(Path file, LoadRule rule) throws IOException, RdbException {
    try (SnapshotFixture other = new SnapshotFixture(file.getParent());
        RdbFileLoad load = new RdbFileLoad(other.context, file, rule, new LoadProgress())) {
      load.run();
      return other.contents();
    }
  }

  /** Returns the path of snapshots. */
  public Path file() {
    return directory.resolve("dump.rdb");
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public String fileName() {
    return "dump.rdb";
  }

  @Override
  public boolean compress() {
    return compress;
  }

  @Override
  public boolean checksum() {
    return true;
  }

  @Override
  public boolean syncWhileWriting(boolean isAofBase) {
    return true;
  }

  @Override
  public List<SavePoint> savePoints() {
    return savePoints;
  }

  @Override
  public boolean stopWritesOnError() {
    return true;
  }

  @Override
  public long keySaveDelayMicros() {
    return keySaveDelayMicros;
  }

  @Override
  public long keyLoadDelayMicros() {
    return 0;
  }

  @Override
  public long largeElements() {
    return largeElements;
  }

  @Override
  public int loopPercent(boolean isAwaited) {
    return loopPercent;
  }

  @Override
  public boolean threadRests() {
    return true;
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public Accesses accesses() {
    return accesses;
  }

  @Override
  public void close() {
    slabs.free(scratch, 2 * SCRATCH_BYTES);
    values.close();
    keyspace.close();
    slabs.close();
  }

  /** Limits so low that small random collections have every encoding. */
  private static EncodingDirectives smallLimits() {
    EncodingDirectives limits = new EncodingDirectives();
    limits.hashMaxListpackEntries.set(12L);
    limits.hashMaxListpackValue.set(40L);
    limits.listMaxListpackSize.set(8);
    limits.listCompressDepth.set(1);
    limits.setMaxIntsetEntries.set(16L);
    limits.setMaxListpackEntries.set(12L);
    limits.setMaxListpackValue.set(40L);
    limits.zsetMaxListpackEntries.set(12L);
    limits.zsetMaxListpackValue.set(40L);
    limits.streamNodeMaxBytes.set(400L);
    limits.streamNodeMaxEntries.set(10L);
    return limits;
  }

  private static final class NoFunctions implements FunctionLibraries {
    @Override
    public List<ByteString> texts() {
      return List.of();
    }

    @Override
    public String load(ByteString text, boolean replaces) {
      return "there are no functions here";
    }

    @Override
    public void clear() {}
  }
}
