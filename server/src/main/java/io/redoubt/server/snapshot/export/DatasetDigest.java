package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.Values;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * The digest of DEBUG DIGEST: equal for two servers if and only if they hold the same keys and
 * values in the same databases. Each key is a chain of SHA-1 sums over its name, type and content;
 * keys are combined by XOR, so their order does not matter. Equals Redis' digest, so that the two
 * can be compared.
 */
public final class DatasetDigest {
  private static final byte[] EXPIRES = "!!expire!!".getBytes(StandardCharsets.US_ASCII);

  private final ValueExport values;
  private final Sha1Digest all = new Sha1Digest();
  private final Sha1Digest one = new Sha1Digest();
  private final ValueDigest value = new ValueDigest(one);

  /** Creates the digests of a keyspace with these values. */
  public DatasetDigest(Values values) {
    this.values = new ValueExport(values);
  }

  /** Returns the digest of all databases in hexadecimal. */
  public String of(Keyspace keyspace) {
    all.reset();
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      if (database.size() > 0) {
        all.chain(new byte[] {(byte) (i >>> 24), (byte) (i >>> 16), (byte) (i >>> 8), (byte) i});
        database.forEach(entry -> {
          one.reset();
          one.chain(Region.toByteArray(Entry.keyAddress(entry), Entry.keyLength(entry)));
          add(entry);
          all.mix(one.bytes());
        });
      }
    }
    return HexFormat.of().formatHex(all.bytes());
  }

  /** Returns the digest of one value in hexadecimal; zeros for {@link Entry#NONE}. */
  public String ofValue(long entry) {
    one.reset();
    if (entry != Entry.NONE) {
      add(entry);
    }
    return HexFormat.of().formatHex(one.bytes());
  }

  private void add(long entry) {
    try {
      values.export(entry, value);
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a digest accepts everything
    }
    if (Entry.expireAt(entry) != Entry.NO_EXPIRY) {
      one.mix(EXPIRES);
    }
  }
}
