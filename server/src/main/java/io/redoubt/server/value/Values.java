package io.redoubt.server.value;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.PartGate;
import io.redoubt.server.value.hash.Hashes;
import io.redoubt.server.value.set.OperandIndexes;
import io.redoubt.server.value.set.SetAlgebra;
import io.redoubt.server.value.set.Sets;
import io.redoubt.server.value.sortedset.SortedSets;
import io.redoubt.server.value.stream.Streams;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Access to the collections of a keyspace: one flyweight per type, which takes an entry as a
 * parameter.
 */
public final class Values implements AutoCloseable {

  private final Keyspace keyspace;
  private final EncodingDirectives limits;
  private final Lists lists;
  private final SortedSets sortedSets;
  private final Hashes hashes;
  private final Streams streams;
  private final Sets sets;
  private final OperandIndexes operandIndexes = new OperandIndexes();
  private final SetAlgebra setAlgebra;
  private final TemporaryValues temporaries;

  // Of payloads, which are written and read by the thread of the data only.
  private final Lzf.Compressor compressor = new Lzf.Compressor();
  private final Lzf.Decompressor decompressor = new Lzf.Decompressor();

  /**
   * Creates the flyweights and registers them with the keyspace, which frees and copies large
   * values through them.
   */
  public Values(Keyspace keyspace, EncodingDirectives limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    sortedSets = new SortedSets(keyspace, limits);
    keyspace.setStructures(Type.ZSET, sortedSets);
    hashes = new Hashes(keyspace, limits);
    keyspace.setStructures(Type.HASH, hashes);
    lists = new Lists(keyspace, limits);
    keyspace.setStructures(Type.LIST, lists);
    streams = new Streams(keyspace, limits);
    keyspace.setStructures(Type.STREAM, streams);
    sets = new Sets(keyspace, limits);
    keyspace.setStructures(Type.SET, sets.tables());
    setAlgebra = new SetAlgebra(sets, keyspace.slabs(), operandIndexes);
    temporaries = new TemporaryValues(keyspace, Map.of(Type.SET, sets.tables()));
  }

  public Keyspace keyspace() {
    return keyspace;
  }

  /** Returns the sizes up to which values keep their compact encodings. */
  public EncodingDirectives limits() {
    return limits;
  }

  public Lists lists() {
    return lists;
  }

  public SortedSets sortedSets() {
    return sortedSets;
  }

  public Hashes hashes() {
    return hashes;
  }

  public Streams streams() {
    return streams;
  }

  public Sets sets() {
    return sets;
  }

  /** Returns the operations that combine sets. */
  public SetAlgebra setAlgebra() {
    return setAlgebra;
  }

  /** Returns the indexes of operands, for one operation at a time. */
  public OperandIndexes operandIndexes() {
    return operandIndexes;
  }

  /** Returns the results that are not stored yet. */
  public TemporaryValues temporaries() {
    return temporaries;
  }

  /** Returns the compressor of payloads. */
  public Lzf.Compressor compressor() {
    return compressor;
  }

  /** Returns the decompressor of payloads. */
  public Lzf.Decompressor decompressor() {
    return decompressor;
  }

  /** Sets the gate called before parts of large values change; null for none. */
  public void setGate(@Nullable PartGate gate) {
    lists.quicklists().setGate(gate);
    hashes.setGate(gate);
    sets.tables().setGate(gate);
    sortedSets.setGate(gate);
    streams.setGate(gate);
  }

  /**
   * Takes over the values of a spare keyspace, whether this one's keyspace keeps or frees them; its
   * contents move first or afterwards.
   */
  public void takeOver(Values spare) {
    streams.takeOver(spare.streams);
  }

  /** Returns the encoding's name as shown by OBJECT ENCODING. */
  public static String encodingName(long entry) {
    return switch (Entry.type(entry)) {
      case STRING -> StringValue.encodingName(entry);
      case STREAM -> "stream";
      case LIST -> packedOr("quicklist", entry);
      case ZSET -> packedOr("skiplist", entry);
      case SET -> packedOr("hashtable", entry);
      case HASH -> Hashes.encodingName(entry);
    };
  }

  /** Returns the number of elements of a hash, set or sorted set with a table, or -1 for others. */
  public long tableElements(long entry) {
    if (Entry.encoding(entry) != Encoding.STRUCTURE) {
      return -1;
    }
    return switch (Entry.type(entry)) {
      case SET -> sets.size(entry);
      case HASH -> hashes.sizeWithDue(entry);
      case ZSET -> sortedSets.size(entry);
      case STRING, LIST, STREAM -> -1;
    };
  }

  private static String packedOr(String structure, long entry) {
    if (Entry.encoding(entry) == Encoding.STRUCTURE) {
      return structure;
    }
    return PackedValue.isIntset(entry) ? "intset" : "listpack";
  }

  /** Frees the buffers of these objects; the values belong to the keyspace. */
  @Override
  public void close() {
    setAlgebra.close();
    sets.close();
    streams.close();
    temporaries.close();
  }
}
