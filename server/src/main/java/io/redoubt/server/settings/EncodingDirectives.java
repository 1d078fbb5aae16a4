package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;

/** The sizes up to which values keep their compact encodings. They may change at any time. */
public final class EncodingDirectives extends DirectiveGroup {

  private static final int MAX_SEED = 256;

  {
    startSection("ENCODINGS");
  }

  public final LongDirective hashMaxListpackEntries =
      number("hash-max-listpack-entries", 512)
          .alias("hash-max-ziplist-entries")
          .doc("The maximum number of fields of a hash encoded as a listpack.");

  public final MemoryDirective hashMaxListpackValue =
      memory("hash-max-listpack-value", 64)
          .alias("hash-max-ziplist-value")
          .doc("The maximum length of a field or value of such a hash, in bytes.");

  public final YesNoDirective hashFieldExpiry =
      yesNo("hash-field-expiry", true)
          .doc(
              "Allow expiry of hash fields (HEXPIRE and its family). Redis up to 7.2 "
                  + "lacks it: as soon as a field has an expiry, a Redis 7.2 can't read "
                  + "this server's RDB and append-only files, nor RESTORE such a hash. "
                  + "Replicas of these versions work: they receive the hash without "
                  + "expiries, and HDEL when a field expires. With no, the family is "
                  + "refused, as is RESTORE of a hash with expiring fields, and a replica "
                  + "receives no expiries either.");

  public final IntDirective listMaxListpackSize =
      integer("list-max-listpack-size", -2)
          .between(Integer.MIN_VALUE, Integer.MAX_VALUE)
          .alias("list-max-ziplist-size")
          .doc(
              "The maximum size of a list node: a number of elements, or -1 to -5 "
                  + "for 4, 8, 16, 32 or 64 kb.");

  public final IntDirective listCompressDepth =
      integer("list-compress-depth", 0)
          .doc("The number of uncompressed nodes at each end of a list; 0 disables compression.");

  public final LongDirective setMaxIntsetEntries =
      number("set-max-intset-entries", 512)
          .doc("The maximum number of members of a set encoded as an intset.");

  public final LongDirective setMaxListpackEntries =
      number("set-max-listpack-entries", 128)
          .doc("The maximum number of members of a set encoded as a listpack.");

  public final LongDirective setMaxListpackValue =
      number("set-max-listpack-value", 64)
          .doc("The maximum length of a member of such a set, in bytes.");

  public final LongDirective zsetMaxListpackEntries =
      number("zset-max-listpack-entries", 128)
          .alias("zset-max-ziplist-entries")
          .doc("The maximum number of members of a sorted set encoded as a listpack.");

  public final MemoryDirective zsetMaxListpackValue =
      memory("zset-max-listpack-value", 64)
          .alias("zset-max-ziplist-value")
          .doc("The maximum length of a member of such a sorted set, in bytes.");

  public final MemoryDirective hllSparseMaxBytes =
      memory("hll-sparse-max-bytes", 3000)
          .doc("The maximum size of a HyperLogLog in the sparse encoding, in bytes.");

  public final MemoryDirective streamNodeMaxBytes =
      memory("stream-node-max-bytes", 4096)
          .doc("The maximum size of a stream node; 0 is no limit.");

  public final IntDirective streamIdmpDuration =
      integer("stream-idmp-duration", 100)
          .between(1, 86_400)
          .doc(
              "The number of seconds for which streams know the idempotent ids of XADD with "
                  + "IDMP; XCFGSET changes it for a stream.");

  public final IntDirective streamIdmpMaxsize =
      integer("stream-idmp-maxsize", 100)
          .between(1, 10_000)
          .doc(
              "The number of latest idempotent ids that a stream knows of each producer; "
                  + "XCFGSET changes it for a stream.");

  public final LongDirective streamNodeMaxEntries =
      number("stream-node-max-entries", 100)
          .doc("The maximum number of entries of a stream node; 0 is no limit.");

  public final TextDirective hashSeed =
      text("hash-seed", "")
          .immutable()
          .check(EncodingDirectives::isShort)
          .doc(
              "A text that determines the order of keys and elements in scans: nodes with the same"
                  + " one understand each other's cursors. Empty for a random order.");

  public final YesNoDirective activerehashing =
      yesNo("activerehashing", true)
          .acceptedWithoutEffect()
          .doc("Resize hash tables in idle time.");

  private static void isShort(String seed) throws RefusedValue {
    if (seed.length() > MAX_SEED) {
      throw new RefusedValue("hash-seed must be at most 256 characters");
    }
  }
}
