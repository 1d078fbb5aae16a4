package io.redoubt.server.value;

import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.structure.PartGate;
import org.jspecify.annotations.Nullable;

/**
 * The collections of a keyspace, one flyweight a type: it is told the entry that it shall work on.
 */
public final class Values implements AutoCloseable {

  private final Keyspace keyspace;
  private final EncodingLimits limits;
  private final Lists lists;
  private final SortedSets sortedSets;
  private final Hashes hashes;
  private final Streams streams;
  private final Sets sets;
  private final SetAlgebra setAlgebra;
  private final TemporaryValues temporaries;

  /** Of a keyspace, which learns from them how to free and copy large values. */
  public Values(Keyspace keyspace, EncodingLimits limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    sortedSets = new SortedSets(keyspace, limits);
    keyspace.structures(Type.ZSET, sortedSets);
    hashes = new Hashes(keyspace, limits);
    keyspace.structures(Type.HASH, hashes);
    lists = new Lists(keyspace, limits);
    keyspace.structures(Type.LIST, lists);
    streams = new Streams(keyspace, limits);
    keyspace.structures(Type.STREAM, streams);
    sets = new Sets(keyspace, limits);
    keyspace.structures(Type.SET, sets.tables());
    setAlgebra = new SetAlgebra(sets, new SetMembers(keyspace.slabs()));
    temporaries = new TemporaryValues(keyspace);
    temporaries.structures(Type.SET, sets.tables());
    temporaries.structures(Type.LIST, lists);
  }

  /** The keyspace. */
  public Keyspace keyspace() {
    return keyspace;
  }

  /** Up to which size values are held in their compact forms. */
  public EncodingLimits limits() {
    return limits;
  }

  /** The lists. */
  public Lists lists() {
    return lists;
  }

  /** The sorted sets. */
  public SortedSets sortedSets() {
    return sortedSets;
  }

  /** The hashes. */
  public Hashes hashes() {
    return hashes;
  }

  /** The streams. */
  public Streams streams() {
    return streams;
  }

  /** The sets. */
  public Sets sets() {
    return sets;
  }

  /** Intersections, unions and differences of sets. */
  public SetAlgebra setAlgebra() {
    return setAlgebra;
  }

  /** Results that no key has yet. */
  public TemporaryValues temporaries() {
    return temporaries;
  }

  /** Sets who is told before parts of large values change; null for nobody. */
  public void gate(@Nullable PartGate gate) {
    lists.quicklists().gate(gate);
    hashes.gate(gate);
    sets.tables().gate(gate);
    sortedSets.gate(gate);
    streams.gate(gate);
  }

  /** The name of an entry's encoding that OBJECT ENCODING tells. */
  public static String encodingName(long entry) {
    return switch (Entry.type(entry)) {
      case STRING -> StringValue.encodingName(entry);
      case STREAM -> "stream";
      case LIST ->
          "quicklist"; // of one node, when it is small: as up to Redis 7.0, whatever its form
      case ZSET -> packedOr("skiplist", entry);
      case SET -> packedOr("hashtable", entry);
      case HASH -> Hashes.encodingName(entry);
    };
  }

  private static String packedOr(String structure, long entry) {
    if (Entry.encoding(entry) == Encoding.STRUCTURE) {
      return structure;
    }
    return PackedValue.isIntset(entry) ? "intset" : "listpack";
  }

  /** Gives back what memory they have beside the values of the keyspace. */
  @Override
  public void close() {
    setAlgebra.close();
    sets.close();
    temporaries.close();
  }
}
