package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.Ziplist;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes RDB in the lowest version that holds the data, but not below a given one. That is 9, which
 * every server since Redis 5 reads, as long as there are no functions, no streams whose history a
 * stream of version 9 can't tell and no hash fields that expire: packed collections are unpacked
 * for it. From 10 on they are written as they are, where the version has them.
 *
 * <p>The version in the head is the one given, since what is to come is not known then; a server
 * that reads it meets a type that it does not know if there is any. Being a visitor the writer also
 * rewrites what an {@link RdbReader} reads: the snapshot's writer thread compresses by that. One
 * thread's.
 */
public final class RdbWriter implements RdbVisitor, AutoCloseable {

  /**
   * Longer strings are written plain: compressing needs the whole string and its result in memory
   * at once.
   */
  public static final int LONGEST_COMPRESSED_BYTES = 1 << 24;

  /** What a listpack of one element takes beside its bytes, at most. */
  private static final int ONE_ELEMENT_BYTES = 32;

  /** Key and value up to this length together are put in one piece by {@link #plain}. */
  private static final int SHORT_RECORD_BYTES = 1 << 12;

  private final RdbOutput out;
  private final BufferMemory buffers;
  private final StringEncoder strings;
  private BufferMemory.@Nullable Block scratch;
  private int version = RdbFormat.WRITTEN_VERSION;
  private int versionNeeded = RdbFormat.WRITTEN_VERSION;
  private boolean keyed = true;
  private boolean plain;
  private boolean keepsFieldExpiry = true;
  private RdbType type = RdbType.STRING; // of the collection begun
  private long nextExpiryMillis;

  /**
   * A writer to an output.
   *
   * @param compress whether strings are compressed when that makes them shorter ({@code
   *     rdbcompression})
   * @param buffers where the result of compression is held for a moment
   */
  public RdbWriter(RdbOutput out, boolean compress, BufferMemory buffers) {
    this.out = out;
    this.buffers = buffers;
    this.strings = new StringEncoder(out, compress, buffers);
  }

  /**
   * Sets the version that may be used without need, 9 to {@link RdbFormat#NEWEST_VERSION} ({@code
   * rdb-write-version}).
   */
  public RdbWriter version(int mayUse) {
    version = mayUse;
    versionNeeded = mayUse;
    return this;
  }

  /**
   * Writes strings as they are told, without looking for a shorter encoding: for a reader in this
   * process that passes them on to a writer which does.
   */
  public RdbWriter plain() {
    plain = true;
    return this;
  }

  /** Writes hashes without the expiries of their fields, for readers that don't know them. */
  public RdbWriter withoutFieldExpiry() {
    keepsFieldExpiry = false;
    return this;
  }

  /** Returns true if the expiries of fields are written. */
  boolean keepsFieldExpiry() {
    return keepsFieldExpiry;
  }

  /** Where this writes to. */
  RdbOutput output() {
    return out;
  }

  /** What this writes strings with. */
  StringEncoder strings() {
    return strings;
  }

  /** Writes values alone, without keys and what belongs to them: for payloads. */
  RdbWriter withoutKeys() {
    keyed = false;
    return this;
  }

  /** Has the head name a version that holds functions; to be called before {@link #begin()}. */
  public void forFunctions() {
    version = Math.max(version, RdbFormat.FUNCTIONS_VERSION);
  }

  /** The lowest version that reads what has been written. */
  int versionNeeded() {
    return versionNeeded;
  }

  /** Writes magic and version of the version that this writer writes. */
  public void begin() {
    begin(version);
  }

  @Override
  public void begin(int ofSource) {
    ascii("REDIS" + Integer.toString(10_000 + version).substring(1)); // a Formatter's first: 1.3 ms
  }

  @Override
  public void aux(String name, String value) {
    out.putByte(RdbFormat.AUX);
    text(name);
    text(value);
  }

  @Override
  public void selectDb(int database) {
    out.putByte(RdbFormat.SELECT_DB);
    putLength(database);
  }

  @Override
  public void resizeDb(long keys, long expiring) {
    out.putByte(RdbFormat.RESIZE_DB);
    putLength(keys);
    putLength(expiring);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) throws RdbException {
    out.putByte(RdbFormat.FUNCTION);
    putString(memory, offset, length);
    versionNeeded = Math.max(versionNeeded, RdbFormat.FUNCTIONS_VERSION);
  }

  /** A module's data has been skipped by the reader and can't be written. */
  @Override
  public void moduleAux(String module) throws RdbException {
    throw new RdbException(out.sizeBytes(), "Data of module " + module + " can't be written");
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    if (plain && key.isPlain() && key.length() + length <= SHORT_RECORD_BYTES) {
      out.putShortStrings(RdbType.STRING.id(), key, memory, offset, length);
      return;
    }
    putKey(key, RdbType.STRING);
    putString(memory, offset, length);
  }

  @Override
  public void integer(RdbKey key, long value) {
    putKey(key, RdbType.STRING);
    putInteger(value);
  }

  @Override
  public void beginString(RdbKey key, long length) {
    putKey(key, RdbType.STRING);
    putLength(length);
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {
    out.putBytes(memory, offset, length);
  }

  @Override
  public void endString() {
    // the length stood at its beginning
  }

  @Override
  public void packed(
      RdbKey key, RdbType packedType, MemorySegment memory, long offset, int length) {
    if (packedType == RdbType.HASH_LISTPACK_EX && keepsFieldExpiry) {
      putKey(key, packedType);
      out.putLittleLong(nextExpiry(memory, offset));
      putString(memory, offset, length);
    } else if (packedType.sinceVersion() <= version && packedType != RdbType.HASH_LISTPACK_EX) {
      putKey(key, packedType);
      putString(memory, offset, length);
    } else {
      unpacked(key, packedType, memory, offset);
    }
  }

  /** The least expiry of the fields of a listpack of tuples of three, 0 when none expires. */
  private static long nextExpiry(MemorySegment memory, long offset) {
    long least = 0;
    for (long field = Listpack.first(memory, offset); field != Listpack.NONE; ) {
      long expiry = Listpack.next(memory, Listpack.next(memory, field));
      long at = Listpack.integer(memory, expiry);
      if (at != 0 && (least == 0 || at < least)) {
        least = at;
      }
      field = Listpack.next(memory, expiry);
    }
    return least;
  }

  /** Writes a set, sorted set or hash that is a listpack element by element. */
  private void unpacked(RdbKey key, RdbType packedType, MemorySegment memory, long offset) {
    int elements = Listpack.count(memory, offset);
    switch (packedType) {
      case SET_LISTPACK -> beginSet(key, elements);
      case HASH_LISTPACK -> beginHash(key, elements / 2, RdbKey.NONE);
      case HASH_LISTPACK_EX -> beginHash(key, elements / 3, RdbKey.NONE);
      default -> beginSortedSet(key, elements / 2);
    }
    for (long entry = Listpack.first(memory, offset); entry != Listpack.NONE; ) {
      putElement(memory, entry);
      long next = Listpack.next(memory, entry);
      if (packedType != RdbType.SET_LISTPACK) {
        if (packedType == RdbType.ZSET_LISTPACK) {
          putScore(PackedReader.score(memory, next));
        } else {
          putElement(memory, next);
        }
        next = Listpack.next(memory, next);
        if (packedType == RdbType.HASH_LISTPACK_EX) {
          next = Listpack.next(memory, next); // the expiry
        }
      }
      entry = next;
    }
  }

  private void putElement(MemorySegment memory, long entry) {
    if (Listpack.isInteger(memory, entry)) {
      putInteger(Listpack.integer(memory, entry));
    } else {
      putString(memory, Listpack.bytesAt(memory, entry), Listpack.bytesLength(memory, entry));
    }
  }

  private void putScore(double score) {
    out.putLittleLong(Double.doubleToRawLongBits(score));
  }

  @Override
  public void beginList(RdbKey key, RdbType listType, long parts) {
    boolean old = version < RdbType.LIST_QUICKLIST_2.sinceVersion();
    putKey(key, listType == RdbType.LIST || !old ? listType : RdbType.LIST_QUICKLIST);
    putLength(parts);
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {
    if (type == RdbType.LIST_QUICKLIST) {
      BufferMemory.Block target = scratch(Ziplist.maxConvertedBytes(length));
      long bytes = Ziplist.fromListpack(memory, offset, target.memory(), target.offset());
      putString(target.memory(), target.offset(), (int) bytes);
    } else {
      putLength(RdbFormat.CONTAINER_PACKED);
      putString(memory, offset, length);
    }
  }

  /** Writes an element; where nodes are ziplists, as a node of one. */
  @Override
  public void listElement(RdbBytes element) {
    switch (type) {
      case LIST -> putString(element);
      case LIST_QUICKLIST_2 -> {
        putLength(RdbFormat.CONTAINER_PLAIN);
        putString(element);
      }
      default -> {
        long bytes = ONE_ELEMENT_BYTES + (long) element.length();
        BufferMemory.Block target = scratch(bytes + Ziplist.maxConvertedBytes(bytes));
        MemorySegment memory = target.memory();
        long listpack = target.offset();
        Listpack.create(memory, listpack);
        Listpack.append(
            memory,
            listpack,
            element.memory(),
            element.offset(),
            element.length(),
            memory,
            listpack);
        long ziplist = listpack + bytes;
        putString(memory, ziplist, (int) Ziplist.fromListpack(memory, listpack, memory, ziplist));
      }
    }
  }

  @Override
  public void beginSet(RdbKey key, long members) {
    putKey(key, RdbType.SET);
    putLength(members);
  }

  @Override
  public void setMember(RdbBytes member) {
    putString(member);
  }

  @Override
  public void beginSortedSet(RdbKey key, long members) {
    putKey(key, RdbType.ZSET_2);
    putLength(members);
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {
    putString(member);
    putScore(score);
  }

  @Override
  public void beginHash(RdbKey key, long fields, long nextMillis) {
    nextExpiryMillis = nextMillis;
    if (nextMillis == RdbKey.NONE || !keepsFieldExpiry) {
      putKey(key, RdbType.HASH);
    } else {
      putKey(key, RdbType.HASH_METADATA);
      out.putLittleLong(nextMillis);
    }
    putLength(fields);
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) {
    if (type == RdbType.HASH_METADATA) {
      putLength(expireAtMillis == RdbKey.NONE ? 0 : expireAtMillis - nextExpiryMillis + 1);
    }
    putString(field);
    putString(value);
  }

  /**
   * Writes a stream in the form given. Whether an older form would do can't be told from its
   * beginning, so that is for the caller to know.
   */
  @Override
  public void beginStream(RdbKey key, RdbType streamType, long nodes) {
    putKey(key, streamType);
    putLength(nodes);
  }

  @Override
  public void streamNode(
      long millis, long sequence, MemorySegment memory, long offset, int length) {
    putLength(2 * Long.BYTES);
    putBinaryId(millis, sequence);
    putString(memory, offset, length);
  }

  private void putBinaryId(long millis, long sequence) {
    out.putBigLong(millis);
    out.putBigLong(sequence);
  }

  private void putId(long millis, long sequence) {
    putLength(millis);
    putLength(sequence);
  }

  @Override
  public void stream(RdbStream stream) {
    putLength(stream.length());
    putId(stream.lastMillis(), stream.lastSequence());
    if (type != RdbType.STREAM_LISTPACKS) {
      putId(stream.firstMillis(), stream.firstSequence());
      putId(stream.deletedMillis(), stream.deletedSequence());
      putLength(stream.entriesAdded());
    }
    putLength(stream.groups());
  }

  @Override
  public void streamGroup(
      RdbBytes name, long millis, long sequence, long entriesRead, long pending) {
    putString(name);
    putId(millis, sequence);
    if (type != RdbType.STREAM_LISTPACKS) {
      putLength(entriesRead);
    }
    putLength(pending);
  }

  @Override
  public void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries) {
    putBinaryId(millis, sequence);
    out.putLittleLong(deliveredAtMillis);
    putLength(deliveries);
  }

  @Override
  public void streamConsumers(long consumers) {
    putLength(consumers);
  }

  @Override
  public void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending) {
    putString(name);
    out.putLittleLong(seenAtMillis);
    if (type == RdbType.STREAM_LISTPACKS_3) {
      out.putLittleLong(activeAtMillis);
    }
    putLength(pending);
  }

  @Override
  public void consumerEntry(long millis, long sequence) {
    putBinaryId(millis, sequence);
  }

  @Override
  public void endValue() {
    // the number of parts stood at the beginning
  }

  /** Writes nothing: such a key is to be left out. */
  @Override
  public void empty(RdbKey key) {
    // no byte of it has been written yet
  }

  /** Writes the end mark and the checksum, which is 0 when the output does not sum. */
  @Override
  public void end() {
    out.putByte(RdbFormat.EOF);
    out.putLittleLong(out.checksum());
  }

  private void putString(RdbBytes bytes) {
    putString(bytes.memory(), bytes.offset(), bytes.length());
  }

  /** Writes a string in its shortest encoding. */
  void putString(MemorySegment memory, long offset, int length) {
    if (plain) {
      strings.putPlain(memory, offset, length);
    } else {
      strings.putString(memory, offset, length);
    }
  }

  /** Writes the decimal text of a number as a string, in binary when 32 bits hold it. */
  void putInteger(long value) {
    strings.putInteger(value);
  }

  private void putLength(long length) {
    strings.putLength(length);
  }

  @Override
  public void close() {
    strings.close();
    if (scratch != null) {
      buffers.free(scratch);
      scratch = null;
    }
  }

  private BufferMemory.Block scratch(long bytes) {
    BufferMemory.Block block = scratch;
    if (block == null || block.sizeBytes() < bytes) {
      if (block != null) {
        buffers.free(block);
        scratch = null;
      }
      block = buffers.allocate(Math.max(bytes, 1 << 12));
      scratch = block;
    }
    return block;
  }

  private void putKey(RdbKey key, RdbType valueType) {
    type = valueType;
    versionNeeded = Math.max(versionNeeded, type.sinceVersion());
    if (!keyed) {
      out.putByte(type.id());
      return;
    }
    if (key.expireAtMillis() != RdbKey.NONE) {
      out.putByte(RdbFormat.EXPIRE_MILLIS);
      out.putLittleLong(key.expireAtMillis());
    }
    if (key.idleSeconds() != RdbKey.NONE) {
      out.putByte(RdbFormat.IDLE);
      putLength(key.idleSeconds());
    }
    if (key.frequency() != RdbKey.NONE) {
      out.putByte(RdbFormat.FREQUENCY);
      out.putByte(key.frequency());
    }
    out.putByte(type.id());
    putString(key.memory(), key.offset(), key.length());
  }

  private void text(String text) {
    MemorySegment bytes = MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
    putString(bytes, 0, (int) bytes.byteSize());
  }

  private void ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      out.putByte(text.charAt(i));
    }
  }
}
