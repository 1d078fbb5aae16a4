package io.redoubt.server.command;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.SetMembers;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.Values;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What DEBUG DIGEST shows: equal for two servers exactly if they hold the same keys and values in
 * the same databases. Order does not matter: keys are combined by XOR, each as a chain of SHA-1
 * sums over its name, type and content. Same figures as Redis', so that the two can be compared.
 */
final class DatasetDigest {
  private static final int BYTES = 20;
  private static final byte[] EXPIRES = "!!expire!!".getBytes(StandardCharsets.US_ASCII);

  private final Values values;
  private final MessageDigest sha1;
  private byte[] digest = new byte[BYTES];

  DatasetDigest(Values values) {
    this.values = values;
    try {
      sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has it
    }
  }

  /** The digest of all databases, in hexadecimal. */
  String of(Keyspace keyspace) {
    byte[] all = new byte[BYTES];
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      if (database.size() > 0) {
        digest = all;
        chain(bigEndian(i));
        byte[] total = digest;
        database.forEach(entry -> {
          digest = new byte[BYTES];
          chain(Region.toByteArray(Entry.keyAddress(entry), Entry.keyLength(entry)));
          value(entry);
          xor(total, sha1.digest(digest));
        });
        all = total;
      }
    }
    return HexFormat.of().formatHex(all);
  }

  /** The digest of one value, in hexadecimal; zeros for {@link Entry#NONE}. */
  String ofValue(long entry) {
    digest = new byte[BYTES];
    if (entry != Entry.NONE) {
      value(entry);
    }
    return HexFormat.of().formatHex(digest);
  }

  private void value(long entry) {
    chain(bigEndian(Entry.type(entry).ordinal()));
    switch (Entry.type(entry)) {
      case STRING -> chain(StringValue.toByteArray(entry));
      case SET -> members(entry);
      default -> throw new IllegalStateException("no digest of a " + Entry.type(entry).word());
    }
    if (Entry.expireAt(entry) != Entry.NO_EXPIRY) {
      mix(EXPIRES);
    }
  }

  private void members(long set) {
    SetMembers member = values.setAlgebra().member();
    member.start(set);
    while (member.next()) {
      mix(Region.toByteArray(member.address(), member.length()));
    }
  }

  /** Takes bytes in such that their order matters. */
  private void chain(byte[] bytes) {
    mix(bytes);
    digest = sha1.digest(digest);
  }

  /** Takes bytes in such that their order does not matter. */
  private void mix(byte[] bytes) {
    xor(digest, sha1.digest(bytes));
  }

  private static void xor(byte[] into, byte[] bytes) {
    for (int i = 0; i < BYTES; i++) {
      into[i] ^= bytes[i];
    }
  }

  private static byte[] bigEndian(int value) {
    return new byte[] {
      (byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value
    };
  }
}
