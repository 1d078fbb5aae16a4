package io.redoubt.persistence.aof.rewrite;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbIdempotency;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyWriter;
import java.lang.foreign.MemorySegment;

/**
 * Writes a data set as the commands that recreate it: the base of an append only file with {@code
 * aof-use-rdb-preamble no}. Not thread-safe.
 */
public final class RewriteWriter implements RdbVisitor, AutoCloseable {
  private enum Collection {
    LIST,
    SET,
    SORTED_SET,
    HASH,
    STREAM
  }

  private final CommandOutput out;
  private final StreamRewrite stream;
  private Collection collection = Collection.LIST;
  private byte[] key = {};
  private long expireAtMillis = RdbKey.NONE;
  private boolean fieldsExpire;

  /** Creates a writer to an output; {@code buffers} hold a command until it is complete. */
  public RewriteWriter(RdbOutput out, BufferMemory buffers) {
    this.out = new CommandOutput(out, buffers);
    this.stream = new StreamRewrite(this.out);
  }

  /**
   * Writes the timestamp of the data set, in seconds of Unix time: {@code aof-timestamp-enabled}.
   */
  public void timestamp(long seconds) {
    out.put("#TS:" + seconds + "\r\n");
  }

  @Override
  public void aux(String name, String value) {
    // no command can represent auxiliary fields
  }

  @Override
  public void idempotency(MemorySegment memory, long offset, int length) throws RdbException {
    RdbIdempotency.read(memory, offset, length, stream);
  }

  @Override
  public void selectDb(int database) {
    ReplyWriter command = out.command(2);
    command.bulk("SELECT");
    command.bulkLong(database);
    out.end();
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) {
    ReplyWriter command = out.command(3);
    command.bulk("FUNCTION");
    command.bulk("LOAD");
    command.bulk(memory, offset, length);
    out.end();
  }

  @Override
  public void moduleAux(String module) {
    // the load skipped it
  }

  private void begins(RdbKey newKey) {
    key = CommandOutput.copy(newKey.memory(), newKey.offset(), newKey.length());
    expireAtMillis = newKey.expireAtMillis();
  }

  private void finishKey() {
    if (expireAtMillis != RdbKey.NONE) {
      ReplyWriter command = out.command(3);
      command.bulk("PEXPIREAT");
      command.bulk(key);
      command.bulkLong(expireAtMillis);
      out.end();
    }
  }

  @Override
  public void string(RdbKey newKey, MemorySegment memory, long offset, int length) {
    begins(newKey);
    ReplyWriter command = out.command(3);
    command.bulk("SET");
    command.bulk(key);
    command.bulk(memory, offset, length);
    out.end();
    finishKey();
  }

  @Override
  public void integer(RdbKey newKey, long value) {
    begins(newKey);
    ReplyWriter command = out.command(3);
    command.bulk("SET");
    command.bulk(key);
    command.bulkLong(value);
    out.end();
    finishKey();
  }

  @Override
  public void beginString(RdbKey newKey, long length) {
    begins(newKey);
    out.beginLong("SET", key, length);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {
    out.piece(memory, offset, length);
  }

  @Override
  public void endString() {
    out.endLong();
    finishKey();
  }

  @Override
  public void packed(RdbKey newKey, RdbType type, MemorySegment memory, long offset, int length) {
    switch (type) {
      case SET_INTSET -> {
        beginSet(newKey, 1);
        for (int i = 0; i < Intset.count(memory, offset); i++) {
          out.item().bulkLong(Intset.at(memory, offset, i));
        }
        endValue();
      }
      case SET_LISTPACK -> {
        beginSet(newKey, 1);
        elements(memory, offset);
      }
      case ZSET_LISTPACK -> {
        beginSortedSet(newKey, 1);
        pairs(memory, offset, true);
      }
      case HASH_LISTPACK -> {
        beginHash(newKey, 1, RdbKey.NONE);
        pairs(memory, offset, false);
      }
      default -> {
        beginHash(newKey, 1, 0);
        expiringFields(memory, offset);
      }
    }
  }

  private void elements(MemorySegment memory, long listpack) {
    long entry = Listpack.first(memory, listpack);
    for (; entry != Listpack.NONE; entry = Listpack.next(memory, entry)) {
      put(out.item(), memory, entry);
    }
    if (collection != Collection.LIST) {
      endValue();
    }
  }

  /** In a packed sorted set the score follows its member; in ZADD it precedes it. */
  private void pairs(MemorySegment memory, long listpack, boolean secondFirst) {
    for (long entry = Listpack.first(memory, listpack); entry != Listpack.NONE; ) {
      long second = Listpack.next(memory, entry);
      ReplyWriter item = out.item();
      put(item, memory, secondFirst ? second : entry);
      put(item, memory, secondFirst ? entry : second);
      entry = Listpack.next(memory, second);
    }
    endValue();
  }

  private void expiringFields(MemorySegment memory, long listpack) {
    RdbBytes field = new RdbBytes();
    RdbBytes value = new RdbBytes();
    for (long entry = Listpack.first(memory, listpack); entry != Listpack.NONE; ) {
      long second = Listpack.next(memory, entry);
      long third = Listpack.next(memory, second);
      long at = Listpack.integer(memory, third);
      byte[] name = text(memory, entry);
      byte[] content = text(memory, second);
      hashField(
          field.at(MemorySegment.ofArray(name), 0, name.length),
          value.at(MemorySegment.ofArray(content), 0, content.length),
          at == 0 ? RdbKey.NONE : at);
      entry = Listpack.next(memory, third);
    }
    endValue();
  }

  private static byte[] text(MemorySegment memory, long entry) {
    byte[] bytes = new byte[Listpack.textLength(memory, entry)];
    Listpack.copyText(memory, entry, MemorySegment.ofArray(bytes), 0);
    return bytes;
  }

  static void put(ReplyWriter command, MemorySegment memory, long entry) {
    if (Listpack.isInteger(memory, entry)) {
      command.bulkLong(Listpack.integer(memory, entry));
    } else {
      command.bulk(memory, Listpack.bytesAt(memory, entry), Listpack.bytesLength(memory, entry));
    }
  }

  @Override
  public void beginList(RdbKey newKey, RdbType type, long parts) {
    collection = Collection.LIST;
    begins(newKey);
    out.beginItems("RPUSH", key, 1);
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {
    elements(memory, offset);
  }

  @Override
  public void listElement(RdbBytes element) {
    put(out.item(), element);
  }

  static void put(ReplyWriter command, RdbBytes bytes) {
    command.bulk(bytes.memory(), bytes.offset(), bytes.length());
  }

  @Override
  public void beginSet(RdbKey newKey, long members) {
    collection = Collection.SET;
    begins(newKey);
    out.beginItems("SADD", key, 1);
  }

  @Override
  public void setMember(RdbBytes member) {
    put(out.item(), member);
  }

  @Override
  public void beginSortedSet(RdbKey newKey, long members) {
    collection = Collection.SORTED_SET;
    begins(newKey);
    out.beginItems("ZADD", key, 2);
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {
    ReplyWriter item = out.item();
    item.bulkDouble(score);
    put(item, member);
  }

  @Override
  public void beginHash(RdbKey newKey, long fields, long nextExpiryMillis) {
    collection = Collection.HASH;
    begins(newKey);
    fieldsExpire = nextExpiryMillis != RdbKey.NONE;
    out.beginItems("HMSET", key, 2);
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAt) {
    ReplyWriter item = out.item();
    put(item, field);
    put(item, value);
    if (fieldsExpire && expireAt != RdbKey.NONE) {
      out.endItems();
      ReplyWriter command = out.command(6);
      command.bulk("HPEXPIREAT");
      command.bulk(key);
      command.bulkLong(expireAt);
      command.bulk("FIELDS");
      command.bulkLong(1);
      put(command, field);
      out.end();
    }
  }

  @Override
  public void beginStream(RdbKey newKey, RdbType type, long nodes) {
    collection = Collection.STREAM;
    begins(newKey);
    stream.begin(key);
  }

  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {
    stream.node(millis, sequence, memory, offset);
  }

  @Override
  public void stream(RdbStream told) {
    stream.state(told);
  }

  @Override
  public void streamGroup(
      RdbBytes name, long millis, long sequence, long entriesRead, long pending) {
    stream.writeGroup(CommandOutput.copy(name), millis, sequence, entriesRead);
  }

  @Override
  public void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries) {
    stream.keepPending(millis, sequence, deliveredAtMillis, deliveries);
  }

  @Override
  public void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending) {
    stream.writeConsumer(CommandOutput.copy(name), seenAtMillis);
  }

  @Override
  public void consumerEntry(long millis, long sequence) throws RdbException {
    stream.consumerEntry(millis, sequence);
  }

  @Override
  public void endValue() {
    if (collection == Collection.STREAM) {
      stream.end();
    } else {
      out.endItems();
    }
    finishKey();
  }

  @Override
  public void empty(RdbKey emptyKey) {
    // empty collections are omitted
  }

  @Override
  public void end() {
    // the last command is complete
  }

  @Override
  public void close() {
    out.close();
  }
}
