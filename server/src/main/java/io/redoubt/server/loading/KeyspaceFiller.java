package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.UserText;
import io.redoubt.server.keyspace.AccessClock;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.snapshot.context.FunctionLibraries;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.value.StringValue;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Stores the values reported by a reader in a keyspace. The reader's memory is the region, so
 * values are copied once.
 */
final class KeyspaceFiller extends CollectionFiller implements RdbVisitor {

  private static final int MAX_EMPTY_KEYS_LOGGED = 10;
  private static final int MAX_REPAIRS_LOGGED = 100;
  private static final int MAX_SHOWN = 100;

  /** The room that is made for a long string before its bytes arrive. */
  private static final int FIRST_PART_BYTES = 1 << 24;

  private final Keyspace keyspace;
  private final Log log;
  private final FunctionLibraries functions;
  private final long nowMillis;
  private final LoadRule rule;

  private final RdbLoader.ExpiredKey whenExpired;
  private final IdempotencyFill idempotency;
  private Database database;
  private long keysLoaded;
  private long keysExpired;
  private long emptyKeysSkipped;
  private long repairs;
  private long usedMemory;

  private @Nullable String replicationId;
  private long replicationOffset = -1;
  private int replicationDatabase = -1;
  private ByteString replicationTail = ByteString.EMPTY;

  private long expireAtMillis; // of the current collection
  private long idleSeconds;
  private int frequency;

  private long partEntry; // the entry of the current long string, 0 if it is skipped
  private int partAt;
  private int partRoom; // the bytes that the string has
  private int partTotal; // and those that it announced

  /**
   * Creates a filler.
   *
   * @param whenExpired receives the expired keys that are skipped
   */
  KeyspaceFiller(SnapshotContext context, LoadRule rule, RdbLoader.ExpiredKey whenExpired) {
    super(context.values());
    this.whenExpired = whenExpired;
    this.keyspace = context.keyspace();
    this.log = context.log();
    this.functions = context.functions();
    this.nowMillis = context.clock().wallMillis();
    this.rule = rule;
    this.idempotency = new IdempotencyFill(context.values(), nowMillis);
    this.database = keyspace.database(0);
  }

  long keysLoaded() {
    return keysLoaded;
  }

  long keysExpired() {
    return keysExpired;
  }

  /** Returns the number of keys skipped because their collection had no elements. */
  long emptyKeysSkipped() {
    return emptyKeysSkipped;
  }

  /** Returns the number of repairs of values that contradicted themselves. */
  long repairs() {
    return repairs;
  }

  /** Returns the memory use recorded by the file's writer. */
  long usedMemory() {
    return usedMemory;
  }

  @Nullable ReplicationPoint replication() {
    return replicationId == null || replicationOffset < 0
        ? null
        : new ReplicationPoint(
            replicationDatabase, replicationId, replicationOffset, replicationTail);
  }

  @Override
  public void begin(int version) {
    // all versions known to the reader are accepted
  }

  @Override
  public void aux(String name, String value) {
    switch (name) {
      case "redis-ver" -> log.notice("Loading RDB produced by version %s", value);
      case "valkey-ver" -> log.notice("Loading RDB produced by Valkey version %s", value);
      case "ctime" -> {
        long made = number(name, value, nowMillis / 1000);
        log.notice("RDB age %d seconds", Math.max(0, nowMillis / 1000 - made));
      }
      case "used-mem" -> {
        usedMemory = number(name, value, 0);
        double megabytes = usedMemory / (1024.0 * 1024.0);
        log.notice("RDB memory usage when created %.2f Mb", megabytes);
      }
      case "aof-base" -> {
        if (number(name, value, 0) != 0) {
          log.notice("RDB is base AOF");
        }
      }
      case "repl-stream-db" -> {
        long index = number(name, value, -1);
        replicationDatabase = keyspace.has(index) ? (int) index : -1;
      }
      case "repl-id" -> replicationId = value.length() == 40 ? value : null;
      case "repl-backlog" -> replicationTail = decoded(value);
      case "repl-offset" -> replicationOffset = number(name, value, -1);
      default -> {
        if (name.startsWith("%")) {
          log.notice("RDB '%s': %s", name, value);
        }
      }
    }
  }

  @Override
  public void idempotency(MemorySegment memory, long offset, int length) throws RdbException {
    idempotency.read(memory, offset, length);
  }

  private ByteString decoded(String base64) {
    try {
      return ByteString.of(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      logIgnored("repl-backlog", base64);
      return ByteString.EMPTY;
    }
  }

  /**
   * Returns the number in an auxiliary field, which is informational, so a malformed one is
   * ignored.
   */
  private long number(String name, String value, long otherwise) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      logIgnored(name, value);
      return otherwise;
    }
  }

  private void logIgnored(String name, String value) {
    String shown = value.length() > MAX_SHOWN ? value.substring(0, MAX_SHOWN) : value;
    log.warning(
        "The auxiliary field %s of the RDB is ignored: invalid value %s",
        name, Quoting.quote(Utf8.encode(shown)));
  }

  @Override
  public void selectDb(int index) throws RdbException {
    if (!keyspace.has(index)) {
      throw RdbException.refusal(
          "FATAL: Data file was created with a Redis server configured to handle more than "
              + keyspace.count()
              + " databases. Exiting");
    }
    database = keyspace.database(index);
  }

  @Override
  public void resizeDb(long keys, long expiring) {
    if (database.size() == 0) {
      database.expect(keys);
    }
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) throws RdbException {
    String problem = functions.load(ByteString.copyOf(memory, offset, length), rule.replaces());
    if (!problem.isEmpty()) {
      throw RdbException.refusal("Failed loading function library: " + problem);
    }
  }

  @Override
  public void moduleAux(String module) {
    log.warning("The RDB file contains AUX data of module '%s', which is skipped", module);
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length)
      throws RdbException {
    if (isExpired(key)) {
      return;
    }
    long sizeBefore = database.size();
    long entry =
        database.putString(key.offset(), key.length(), offset, length, key.expireAtMillis());
    onPut(key, entry, sizeBefore);
  }

  @Override
  public void integer(RdbKey key, long value) throws RdbException {
    if (isExpired(key)) {
      return;
    }
    long sizeBefore = database.size();
    long entry = database.putInteger(key.offset(), key.length(), value, key.expireAtMillis());
    onPut(key, entry, sizeBefore);
  }

  @Override
  public void beginString(RdbKey key, long length) throws RdbException {
    partAt = 0;
    partEntry = 0;
    if (!isExpired(key)) {
      long sizeBefore = database.size();
      partEntry = database.putString(key.offset(), key.length(), 0, 0, key.expireAtMillis());
      onPut(key, partEntry, sizeBefore);
      partRoom = 0;
      partTotal = (int) length;
      extend(Math.min(partTotal, FIRST_PART_BYTES), key.offset());
    }
  }

  /** Makes room by writing the last byte first, which any readable byte will do for. */
  private void extend(int room, long anyByte) {
    partRoom = room;
    partEntry = StringValue.setRange(database, partEntry, room - 1, anyByte, 1);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {
    if (partEntry != 0) {
      if (partAt + length > partRoom) {
        // doubled as bytes arrive, because the announced length may be a lie
        extend((int) Math.min(partTotal, Math.max(2L * partRoom, partAt + length)), offset);
      }
      partEntry = StringValue.setRange(database, partEntry, partAt, offset, length);
      partAt += length;
    }
  }

  @Override
  public void endString() {
    partEntry = 0;
  }

  @Override
  public void empty(RdbKey key) {
    if (emptyKeysSkipped++ < MAX_EMPTY_KEYS_LOGGED) {
      log.notice("rdbLoadRio skipping empty key: %s", UserText.of(name(key)));
    }
  }

  @Override
  void onRepair(String what) {
    if (repairs++ < MAX_REPAIRS_LOGGED) {
      log.warning(
          "The value of key %s in DB %d was repaired: %s",
          UserText.of(keyName()), database.index(), what);
    }
  }

  @Override
  public void end() {
    // the loader detects the end
  }

  @Override
  boolean begins(RdbKey key, RdbType collection) throws RdbException {
    if (isExpired(key)) {
      return false;
    }
    long old = database.find(key.offset(), key.length());
    if (old != 0) {
      if (!rule.replaces()) {
        throw duplicate(key);
      }
      database.remove(old);
    }
    keysLoaded++;
    expireAtMillis = key.expireAtMillis();
    idleSeconds = key.idleSeconds();
    frequency = key.frequency();
    goesTo(database, key.offset(), key.length());
    return true;
  }

  @Override
  void onEnd(long entry) {
    long made = expireAtMillis == RdbKey.NONE ? entry : database.setExpiry(entry, expireAtMillis);
    access(idleSeconds, frequency, made);
    idempotency.onLoaded(made);
  }

  /** Applies the access metadata of the file if the eviction policy uses the same kind. */
  private void access(long idle, int counter, long entry) {
    AccessClock clock = keyspace.accessClock();
    boolean counts = clock.isLfu();
    if (!counts && idle != RdbKey.NONE) {
      clock.idleSeconds(entry, idle, keyspace.nowMillis());
    } else if (counts && counter != RdbKey.NONE) {
      clock.frequency(entry, counter, keyspace.nowMillis());
    }
  }

  private void access(RdbKey key, long entry) {
    access(key.idleSeconds(), key.frequency(), entry);
  }

  /**
   * Counts a string that was put. Refuses a key that existed: it did not add an entry, which is
   * cheaper to see than to look the key up before.
   */
  private void onPut(RdbKey key, long entry, long sizeBefore) throws RdbException {
    if (database.size() == sizeBefore && !rule.replaces()) {
      throw duplicate(key);
    }
    keysLoaded++;
    access(key, entry);
  }

  private RdbException duplicate(RdbKey key) {
    String inDatabase = "' in DB " + database.index();
    return RdbException.refusal(
        "RDB has duplicated key '" + name(key) + inDatabase,
        "RDB has duplicated key '" + UserText.HIDDEN + inDatabase);
  }

  /** Returns true if the key is expired and such keys are skipped. */
  private boolean isExpired(RdbKey key) {
    idempotency.begin();
    if (rule.skipsExpired()
        && key.expireAtMillis() != RdbKey.NONE
        && key.expireAtMillis() < nowMillis) {
      keysExpired++;
      whenExpired.onExpired(replication(), database.index(), key.offset(), key.length());
      return true;
    }
    return false;
  }

  private static String name(RdbKey key) {
    return new String(Region.toByteArray(key.offset(), key.length()), StandardCharsets.UTF_8);
  }
}
