package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;

/** The sizes up to which values keep their compact encodings. */
public final class EncodingDirectives extends DirectiveGroup {

  {
    section("ENCODINGS");
  }

  /** {@code hash-max-listpack-entries}. */
  public final LongDirective hashMaxListpackEntries =
      number("hash-max-listpack-entries", 512)
          .alias("hash-max-ziplist-entries")
          .doc("A hash is one packed block up to so many fields.");

  /** {@code hash-max-listpack-value}. */
  public final MemoryDirective hashMaxListpackValue =
      memory("hash-max-listpack-value", 64)
          .alias("hash-max-ziplist-value")
          .doc("And while no field or value is longer than this.");

  /** {@code hash-field-expiry}. */
  public final YesNoDirective hashFieldExpiry =
      yesNo("hash-field-expiry", true)
          .doc(
              "Whether fields of hashes can expire (HEXPIRE and the others of its family). Redis"
                  + " 7.2 and older don't know that: once a field expires, a Redis 7.2 can't read"
                  + " this server's RDB and append-only files, nor RESTORE such a hash. Replicas"
                  + " of these versions are no obstacle: they get the hash without expiries, and"
                  + " HDEL when a field is due. With no, the family is refused, and so is RESTORE"
                  + " of a hash with such fields; a replica gets no expiries either.");

  /** {@code list-max-listpack-size}. */
  public final IntDirective listMaxListpackSize =
      integer("list-max-listpack-size", -2)
          .between(Integer.MIN_VALUE, Integer.MAX_VALUE)
          .alias("list-max-ziplist-size")
          .doc(
              "The size of a list's nodes: so many elements, or -1 to -5 for 4, 8, 16, 32, 64"
                  + " kb.");

  /** {@code list-compress-depth}. */
  public final IntDirective listCompressDepth =
      integer("list-compress-depth", 0)
          .doc("How many nodes at each end of a list stay uncompressed; 0 compresses none.");

  /** {@code set-max-intset-entries}. */
  public final LongDirective setMaxIntsetEntries =
      number("set-max-intset-entries", 512)
          .doc("A set of whole numbers is an array up to so many of them.");

  /** {@code set-max-listpack-entries}. */
  public final LongDirective setMaxListpackEntries =
      number("set-max-listpack-entries", 128)
          .doc("Another set is one packed block up to so many members.");

  /** {@code set-max-listpack-value}. */
  public final MemoryDirective setMaxListpackValue =
      memory("set-max-listpack-value", 64).doc("And while no member is longer than this.");

  /** {@code zset-max-listpack-entries}. */
  public final LongDirective zsetMaxListpackEntries =
      number("zset-max-listpack-entries", 128)
          .alias("zset-max-ziplist-entries")
          .doc("A sorted set is one packed block up to so many members.");

  /** {@code zset-max-listpack-value}. */
  public final MemoryDirective zsetMaxListpackValue =
      memory("zset-max-listpack-value", 64)
          .alias("zset-max-ziplist-value")
          .doc("And while no member is longer than this.");

  /** {@code hll-sparse-max-bytes}. */
  public final MemoryDirective hllSparseMaxBytes =
      memory("hll-sparse-max-bytes", 3000)
          .doc("The size up to which a HyperLogLog is kept in its sparse form.");

  /** {@code stream-node-max-bytes}. */
  public final MemoryDirective streamNodeMaxBytes =
      memory("stream-node-max-bytes", 4096).doc("The size of a stream's nodes; 0 is no limit.");

  /** {@code stream-node-max-entries}. */
  public final LongDirective streamNodeMaxEntries =
      number("stream-node-max-entries", 100)
          .doc("How many entries a stream's node has at the most; 0 is no limit.");

  /** {@code activerehashing}. */
  public final YesNoDirective activerehashing =
      yesNo("activerehashing", true)
          .acceptedWithoutEffect()
          .doc("Whether tables are resized while nothing else is to be done.");
}
