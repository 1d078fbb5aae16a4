package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.Lzf;
import io.redoubt.persistence.packed.Ziplist;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes RDB in the lowest version that holds the data, but not below a given one. The default is
 * 9, which every server since Redis 5 reads; data may require a later one: functions, streams with
 * deletion history, hash fields with expiry. For version 9, packed hashes and sorted sets become
 * ziplists and packed sets are unpacked; from version 10 on they are copied if the version has
 * their type.
 *
 * <p>The header has the given version, because later items are unknown when it is written; a server
 * that reads a later type refuses it as unknown. As a visitor, the writer also rewrites the output
 * of an {@link RdbReader}: the snapshot's writer thread compresses that way. Not thread-safe.
 */
public final class RdbWriter implements RdbVisitor, AutoCloseable {

  /**
   * The longest string that is compressed: compression needs the whole string and its result in
   * memory.
   */
  public static final int LONGEST_COMPRESSED_BYTES = 1 << 24;

  /** An upper bound of a one-element listpack's size without the element's bytes. */
  private static final int ONE_ELEMENT_BYTES = 32;

  /** The maximum length of key and value that {@link #plain} writes contiguously. */
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
  private RdbType type = RdbType.STRING; // of the current collection
  private long nextExpiryMillis;

  /**
   * Creates a writer to an output.
   *
   * @param compress true to compress strings if that makes them shorter ({@code rdbcompression})
   * @param buffers the source of buffers for compression
   */
  public RdbWriter(RdbOutput out, boolean compress, BufferMemory buffers) {
    this(out, compress ? new Lzf.Compressor() : null, buffers);
  }

  /** Creates a writer that uses a given compressor; null to compress nothing. */
  RdbWriter(RdbOutput out, Lzf.@Nullable Compressor compressor, BufferMemory buffers) {
    this.out = out;
    this.buffers = buffers;
    this.strings = new StringEncoder(out, compressor, buffers);
  }

  /**
   * Sets the version that may be used in any case, 9 to {@link RdbFormat#NEWEST_VERSION} ({@code
   * rdb-write-version}).
   */
  public RdbWriter version(int mayUse) {
    version = mayUse;
    versionNeeded = mayUse;
    return this;
  }

  /**
   * Disables shorter encodings of strings, for output that a reader in this process passes on to an
   * encoding writer.
   */
  public RdbWriter plain() {
    plain = true;
    return this;
  }

  /** Omits expiries of hash fields, for readers that don't support them. */
  public RdbWriter withoutFieldExpiry() {
    keepsFieldExpiry = false;
    return this;
  }

  /** Returns true if the expiries of fields are written. */
  boolean keepsFieldExpiry() {
    return keepsFieldExpiry;
  }

  RdbOutput output() {
    return out;
  }

  StringEncoder strings() {
    return strings;
  }

  /** Writes values only, without keys and their attributes, for payloads. */
  RdbWriter withoutKeys() {
    keyed = false;
    return this;
  }

  /**
   * Raises the header's version to one that has functions; to be called before {@link #begin()}.
   */
  public void forFunctions() {
    version = Math.max(version, RdbFormat.FUNCTIONS_VERSION);
  }

  /** Returns the lowest version that can read the output. */
  int versionNeeded() {
    return versionNeeded;
  }

  /** Writes the magic and this writer's version. */
  public void begin() {
    begin(version);
  }

  @Override
  public void begin(int ofSource) {
    ascii(
        "REDIS"
            + Integer.toString(10_000 + version)
                .substring(1)); // the first use of a Formatter costs 1.3 ms
  }

  @Override
  public void aux(String name, String value) {
    out.putByte(RdbFormat.AUX);
    text(name);
    text(value);
  }

  @Override
  public void idempotency(MemorySegment memory, long offset, int length) {
    out.putByte(RdbFormat.AUX);
    text(RdbIdempotency.FIELD);
    putString(memory, offset, length);
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

  /** Refuses a module's data: the reader has skipped its content. */
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
    // the length was written first
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
    } else if (packedType == RdbType.HASH_LISTPACK) {
      putKey(key, RdbType.HASH_ZIPLIST);
      putZiplist(memory, offset, length);
    } else if (packedType == RdbType.ZSET_LISTPACK) {
      putKey(key, RdbType.ZSET_ZIPLIST);
      putZiplist(memory, offset, length);
    } else {
      writeUnpacked(key, packedType, memory, offset);
    }
  }

  /**
   * Writes the ziplist of a listpack's elements. For 500 000 hashes of five fields and as many
   * sorted sets of ten members, this takes a save 1.6 s of processor time and a load 3.4 s, with
   * 146 MB; writing single elements, a save 1.3 s and a load 4.7 s, with 158 MB.
   */
  private void putZiplist(MemorySegment memory, long offset, int length) {
    BufferMemory.Block target = scratch(Ziplist.maxConvertedBytes(length));
    long bytes = Ziplist.fromListpack(memory, offset, target.memory(), target.offset());
    putString(target.memory(), target.offset(), (int) bytes);
  }

  /** Returns the earliest expiry in a listpack of triples, 0 if no field expires. */
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

  /** Writes a packed set, or a packed hash without its expiries, element by element. */
  private void writeUnpacked(RdbKey key, RdbType packedType, MemorySegment memory, long offset) {
    int elements = Listpack.count(memory, offset);
    boolean isSet = packedType == RdbType.SET_LISTPACK;
    if (isSet) {
      beginSet(key, elements);
    } else {
      beginHash(key, elements / 3, RdbKey.NONE);
    }
    for (long entry = Listpack.first(memory, offset); entry != Listpack.NONE; ) {
      putElement(memory, entry);
      long next = Listpack.next(memory, entry);
      if (!isSet) {
        putElement(memory, next);
        next = Listpack.next(memory, Listpack.next(memory, next)); // behind the expiry
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
      putZiplist(memory, offset, length);
    } else {
      putLength(RdbFormat.CONTAINER_PACKED);
      putString(memory, offset, length);
    }
  }

  /** Writes an element; as a node of its own where nodes are ziplists. */
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
   * Starts a stream in the given format. The caller must choose it: the stream's start does not
   * show whether an older format suffices.
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
    // the number of parts was written first
  }

  /** Writes nothing: empty collections are omitted. */
  @Override
  public void empty(RdbKey key) {
    // no byte of it has been written yet
  }

  /** Writes the end marker and the checksum, which is 0 if the output computes none. */
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

  /** Writes the decimal text of an integer as a string, in binary if it fits 32 bits. */
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
