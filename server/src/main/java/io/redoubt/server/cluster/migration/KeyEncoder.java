package io.redoubt.server.cluster.migration;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.RequestQueue;
import io.redoubt.server.keyspace.DatabaseIndex;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.snapshot.export.IdempotencyExport;
import io.redoubt.server.snapshot.export.Payloads;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.set.Sets;
import io.redoubt.server.value.sortedset.ScoredMember;
import io.redoubt.server.value.stream.Idempotency;
import io.redoubt.server.value.stream.StreamId;
import java.util.Arrays;

/**
 * Encodes keys as requests that create them: RESTORE for a whole value, SADD, HSET or ZADD for a
 * slice.
 */
final class KeyEncoder implements AutoCloseable {
  private static final byte[] SELECT = ascii("SELECT");
  private static final byte[] RESTORE = ascii("RESTORE");
  private static final byte[] ABSTTL = ascii("ABSTTL");
  private static final byte[] REPLACE = ascii("REPLACE");
  private static final byte[] DEL = ascii("DEL");
  private static final byte[] SADD = ascii("SADD");
  private static final byte[] HSET = ascii("HSET");
  private static final byte[] ZADD = ascii("ZADD");
  private static final byte[] PEXPIREAT = ascii("PEXPIREAT");
  private static final byte[] PERSIST = ascii("PERSIST");
  private static final byte[] XCFGSET = ascii("XCFGSET");
  private static final byte[] IDMP_DURATION = ascii("IDMP-DURATION");
  private static final byte[] IDMP_MAXSIZE = ascii("IDMP-MAXSIZE");
  private static final byte[] XIDMPRECORD = ascii("XIDMPRECORD");

  private static final int SLICE_ELEMENTS = 128;

  /**
   * The maximum number of table buckets that a slice scans, which bounds its time in a sparse
   * table.
   */
  private static final int SLICE_BUCKETS = 256;

  private final Values values;
  private final RequestQueue queue;
  private final ReplyCollector scratch;
  private final ReplyWriter writer;
  private long[] blocks = new long[2 * SLICE_ELEMENTS];
  private int count;

  /** The database whose staged one the target has selected. */
  private int selected;

  KeyEncoder(Values values, RequestQueue queue) {
    this.values = values;
    this.queue = queue;
    scratch = new ReplyCollector(new SlabBuffers(values.keyspace().slabs()));
    writer = new ReplyWriter(scratch);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  private void flush() {
    queue.append(scratch.memory(), scratch.start(), scratch.length());
    scratch.clear();
  }

  /** Selects the staged database for the following requests. */
  void select(int database) {
    if (database != selected) {
      writeSelect(database);
      flush();
      queue.count(1);
      selected = database;
    }
  }

  private void writeSelect(int database) {
    writer.array(2);
    writer.bulk(SELECT);
    writer.bulkLong(staged(database));
  }

  /** Returns the number of the staged database, which is the same at the target. */
  private static long staged(int database) {
    return DatabaseIndex.FIRST_STAGED + (long) database;
  }

  /** Sends requests that leave another database selected. */
  void send(ByteQueue requests, long number, int leftSelected) {
    queue.append(requests.memory(), requests.start(), requests.usedBytes());
    queue.count(number);
    selected = leftSelected;
  }

  /** Appends a request that selects the staged database. */
  void appendSelect(int database, ByteQueue to) {
    writeSelect(database);
    moveTo(to);
  }

  /** Appends a request in which an argument that names a database names its staged one. */
  void appendStaged(Request request, int argument, int database, ByteQueue to) {
    writer.array(request.count());
    for (int i = 0; i < request.count(); i++) {
      if (i == argument) {
        writer.bulkLong(staged(database));
      } else {
        writer.bulk(request.memory(), request.offset(i), request.length(i));
      }
    }
    moveTo(to);
  }

  private void moveTo(ByteQueue to) {
    to.append(scratch.memory(), scratch.start(), scratch.length(), 0);
    scratch.clear();
  }

  /** Sends a request that sets the key of an entry to its value. */
  void restore(long entry, int version) {
    try (var payload = Payloads.dump(values, entry, false, version)) {
      writer.array(6);
      writer.bulk(RESTORE);
      writer.bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
      writer.bulkLong(Entry.expires(entry) ? Math.max(1, Entry.expireAt(entry)) : 0);
      writer.bulk(payload.memory(), payload.offset(), payload.sizeBytes());
      writer.bulk(ABSTTL);
      writer.bulk(REPLACE);
      flush();
      queue.count(1);
    }
    long table = IdempotencyExport.table(entry);
    if (table != 0) {
      idempotency(entry, table);
    }
  }

  /** Sends the idempotent ids of a stream, which RESTORE does not contain. */
  private void idempotency(long entry, long table) {
    writer.array(6);
    writer.bulk(XCFGSET);
    writer.bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    writer.bulk(IDMP_DURATION);
    writer.bulkLong(Idempotency.durationSeconds(table));
    writer.bulk(IDMP_MAXSIZE);
    writer.bulkLong(Idempotency.maxsize(table));
    flush();
    queue.count(1);
    for (long each = Idempotency.first(table); each != 0; each = Idempotency.next(each)) {
      long producer = Idempotency.producer(each);
      writer.array(5);
      writer.bulk(XIDMPRECORD);
      writer.bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
      writer.bulk(Region.MEMORY, Idempotency.name(producer), Idempotency.nameLength(producer));
      writer.bulk(Region.MEMORY, Idempotency.text(each), Idempotency.textLength(each));
      StreamId.reply(writer, Idempotency.entryId(each));
      flush();
      queue.count(1);
    }
  }

  /** Sends a request that removes a key. */
  void remove(ByteString key) {
    writer.array(2);
    writer.bulk(DEL);
    writer.bulk(key);
    flush();
    queue.count(1);
  }

  /** Sends a request that sets or removes the expiry time of an entry's key. */
  void expiry(long entry) {
    writer.array(Entry.expires(entry) ? 3 : 2);
    writer.bulk(Entry.expires(entry) ? PEXPIREAT : PERSIST);
    writer.bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    if (Entry.expires(entry)) {
      writer.bulkLong(Math.max(1, Entry.expireAt(entry)));
    }
    flush();
    queue.count(1);
  }

  private void collect(long block) {
    if (count == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * count);
    }
    blocks[count++] = block;
  }

  /**
   * Sends the current state of some elements of a value with a table.
   *
   * @param from the position of the scan, 0 at the start
   * @return the next position, 0 at the end
   */
  long slice(long entry, long from) {
    count = 0;
    long cursor = from;
    int buckets = 0;
    do {
      cursor = scan(entry, cursor);
      buckets++;
    } while (cursor != 0 && count < SLICE_ELEMENTS && buckets < SLICE_BUCKETS);
    Type type = Entry.type(entry);
    if (type == Type.HASH) {
      dropDueFields();
    }
    if (count > 0) {
      writer.array(type == Type.SET ? 2 + count : 2 + 2 * count);
      writer.bulk(type == Type.SET ? SADD : type == Type.HASH ? HSET : ZADD);
      writer.bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
      for (int i = 0; i < count; i++) {
        element(type, blocks[i]);
      }
      flush();
      queue.count(1);
    }
    return cursor;
  }

  private long scan(long entry, long cursor) {
    return switch (Entry.type(entry)) {
      case SET -> values.sets().scan(entry, cursor, this::collect);
      case HASH -> values.hashes().scan(entry, cursor, this::collect);
      case ZSET -> values.sortedSets().scan(entry, cursor, this::collect);
      case STRING, LIST, STREAM -> throw new IllegalStateException("no table");
    };
  }

  private void dropDueFields() {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      if (values.hashes().show(blocks[i])) {
        blocks[kept++] = blocks[i];
      }
    }
    count = kept;
  }

  private void element(Type type, long block) {
    if (type == Type.SET) {
      Sets sets = values.sets();
      sets.at(block).writeTo(writer);
    } else if (type == Type.HASH) {
      boolean unused = values.hashes().show(block);
      values.hashes().found().writeField(writer);
      values.hashes().found().writeValue(writer);
    } else {
      writer.bulkDouble(ScoredMember.score(block));
      writer.bulk(Region.MEMORY, ScoredMember.address(block), ScoredMember.length(block));
    }
  }

  @Override
  public void close() {
    scratch.close();
  }
}
