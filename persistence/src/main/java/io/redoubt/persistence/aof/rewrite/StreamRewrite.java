package io.redoubt.persistence.aof.rewrite;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.StreamListpack;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbIdempotency;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.protocol.resp.ReplyWriter;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a stream as commands: its entries, its attributes, and its groups with their pending
 * entries.
 */
final class StreamRewrite implements RdbIdempotency.Part {
  /**
   * The longs per pending entry: the two of its id, the delivery time in Unix milliseconds, the
   * number of deliveries.
   */
  private static final int PENDING_LONGS = 4;

  private static final byte[] LEAST_ID = "0-1".getBytes(StandardCharsets.US_ASCII);

  private final CommandOutput out;
  private byte[] key = {};
  private byte[] group = {};
  private byte[] consumer = {};
  private long[] pending = new long[PENDING_LONGS * 16];
  private int pendingCount;

  StreamRewrite(CommandOutput out) {
    this.out = out;
  }

  void begin(byte[] newKey) {
    key = newKey;
  }

  private static void id(ReplyWriter command, long millis, long sequence) {
    command.bulkId(millis, sequence);
  }

  /** Writes the entries of a node; see {@link StreamListpack}. */
  void node(long millis, long sequence, MemorySegment memory, long listpack) {
    long at = Listpack.next(memory, Listpack.next(memory, Listpack.first(memory, listpack)));
    int headFields = (int) Listpack.integer(memory, at);
    long[] head = new long[headFields];
    at = Listpack.next(memory, at);
    for (int i = 0; i < headFields; i++) {
      head[i] = at;
      at = Listpack.next(memory, at);
    }
    at = Listpack.next(memory, at); // the end of the head
    while (at != Listpack.NONE) {
      at = entry(millis, sequence, memory, at, head);
    }
  }

  private long entry(long millis, long sequence, MemorySegment memory, long start, long[] head) {
    long flags = Listpack.integer(memory, start);
    long at = Listpack.next(memory, start);
    final long entryMillis = millis + Listpack.integer(memory, at);
    at = Listpack.next(memory, at);
    final long entrySequence = sequence + Listpack.integer(memory, at);
    at = Listpack.next(memory, at);
    boolean sameFields = (flags & StreamListpack.SAME_FIELDS) != 0;
    int fields = head.length;
    if (!sameFields) {
      fields = (int) Listpack.integer(memory, at);
      at = Listpack.next(memory, at);
    }
    boolean deleted = (flags & StreamListpack.DELETED) != 0;
    ReplyWriter command = out.command(3 + 2 * fields);
    command.bulk("XADD");
    command.bulk(key);
    id(command, entryMillis, entrySequence);
    for (int i = 0; i < fields; i++) {
      long field = sameFields ? head[i] : at;
      if (!sameFields) {
        at = Listpack.next(memory, at);
      }
      RewriteWriter.put(command, memory, field);
      RewriteWriter.put(command, memory, at);
      at = Listpack.next(memory, at);
    }
    if (!deleted) {
      out.end();
    }
    return Listpack.next(memory, at); // past the number of elements
  }

  /** Writes the attributes of the stream. */
  void state(RdbStream stream) {
    long millis = stream.lastMillis();
    long sequence = stream.lastSequence();
    if (stream.length() == 0) {
      // No command creates an empty stream, so an entry is added and trimmed at once. XADD refuses
      // the id 0-0.
      ReplyWriter command = out.command(7);
      command.bulk("XADD");
      command.bulk(key);
      command.bulk("MAXLEN");
      command.bulkLong(0);
      if (millis == 0 && sequence == 0) {
        command.bulk(LEAST_ID);
      } else {
        id(command, millis, sequence);
      }
      command.bulk("x");
      command.bulk("y");
      out.end();
    }
    boolean known = stream.entriesAdded() != RdbStream.UNKNOWN;
    ReplyWriter command = out.command(known ? 7 : 3);
    command.bulk("XSETID");
    command.bulk(key);
    id(command, millis, sequence);
    if (known) {
      command.bulk("ENTRIESADDED");
      command.bulkLong(stream.entriesAdded());
      command.bulk("MAXDELETEDID");
      id(command, stream.deletedMillis(), stream.deletedSequence());
    }
    out.end();
  }

  void writeGroup(byte[] name, long millis, long sequence, long entriesRead) {
    group = name;
    pendingCount = 0;
    ReplyWriter command = out.command(7);
    command.bulk("XGROUP");
    command.bulk("CREATE");
    command.bulk(key);
    command.bulk(group);
    id(command, millis, sequence);
    command.bulk("ENTRIESREAD");
    command.bulkLong(entriesRead);
    out.end();
  }

  /** Keeps a pending entry of the group, in ascending order, until its consumer follows. */
  void keepPending(long millis, long sequence, long deliveredAtMillis, long deliveries) {
    if (pendingCount * PENDING_LONGS == pending.length) {
      pending = Arrays.copyOf(pending, pending.length * 2);
    }
    int at = pendingCount++ * PENDING_LONGS;
    pending[at] = millis;
    pending[at + 1] = sequence;
    pending[at + 2] = deliveredAtMillis;
    pending[at + 3] = deliveries;
  }

  /**
   * Writes the start of a consumer. One with an empty name that was never seen only stands for
   * released entries, and is created by their claims.
   */
  void writeConsumer(byte[] name, long seenAtMillis) {
    consumer = name;
    if (name.length == 0 && seenAtMillis == 0) {
      return;
    }
    ReplyWriter command = out.command(5);
    command.bulk("XGROUP");
    command.bulk("CREATECONSUMER");
    command.bulk(key);
    command.bulk(group);
    command.bulk(consumer);
    out.end();
  }

  void consumerEntry(long millis, long sequence) throws RdbException {
    int at = find(millis, sequence);
    ReplyWriter command = out.command(12);
    command.bulk("XCLAIM");
    command.bulk(key);
    command.bulk(group);
    command.bulk(consumer);
    command.bulkLong(0);
    id(command, millis, sequence);
    command.bulk("TIME");
    command.bulkLong(pending[at + 2]);
    command.bulk("RETRYCOUNT");
    command.bulkLong(pending[at + 3]);
    command.bulk("JUSTID");
    command.bulk("FORCE");
    out.end();
  }

  private int find(long millis, long sequence) throws RdbException {
    int low = 0;
    int high = pendingCount - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = middle * PENDING_LONGS;
      int order = StreamListpack.compare(pending[at], pending[at + 1], millis, sequence);
      if (order == 0) {
        return at;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    throw RdbException.refusal("Consumer entry not found in group global PEL");
  }

  /** Starts a command of the given number of words that a real Redis executes without an effect. */
  private ReplyWriter ignored(int words) {
    boolean isOdd = words % 2 != 0; // REPLCONF needs an odd number of words
    ReplyWriter command = out.command(3 + words + (isOdd ? 1 : 0));
    command.bulk("REPLCONF");
    command.bulk("ACK");
    command.bulkLong(0);
    if (isOdd) {
      command.bulk("");
    }
    return command;
  }

  @Override
  public void limits(int durationSeconds, int maxsize, long added, long duplicates) {
    ReplyWriter command = ignored(10);
    command.bulk("XCFGSET");
    command.bulk(key);
    command.bulk("IDMP-DURATION");
    command.bulkLong(durationSeconds);
    command.bulk("IDMP-MAXSIZE");
    command.bulkLong(maxsize);
    command.bulk("IDMP-ADDED");
    command.bulkLong(added);
    command.bulk("IDMP-DUPLICATES");
    command.bulkLong(duplicates);
    out.end();
  }

  @Override
  public void id(
      MemorySegment memory,
      long producer,
      int producerLength,
      long text,
      int textLength,
      long millis,
      long sequence) {
    ReplyWriter command = ignored(5);
    command.bulk("XIDMPRECORD");
    command.bulk(key);
    command.bulk(memory, producer, producerLength);
    command.bulk(memory, text, textLength);
    id(command, millis, sequence);
    out.end();
  }

  void end() {
    pendingCount = 0;
    if (pending.length > (1 << 20)) {
      pending = new long[PENDING_LONGS * 16];
    }
  }
}
