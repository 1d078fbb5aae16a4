package io.redoubt.server.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StringValueTest {
  private final Random random = Seed.random("StringValueTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace = new Keyspace(slabs, 1, random);
  private final Database database = keyspace.database(0);

  @AfterEach
  void nothingIsLeft() {
    keyspace.close();
    slabs.close();
  }

  @Test
  void namesEncodingsLikeRedis() {
    assertThat(encodingOf("12345")).isEqualTo("int");
    assertThat(encodingOf("0")).isEqualTo("int");
    assertThat(encodingOf("-9223372036854775808")).isEqualTo("int");
    assertThat(encodingOf("9223372036854775807")).isEqualTo("int");
    assertThat(encodingOf("9223372036854775808")).isEqualTo("embstr");
    assertThat(encodingOf("012")).isEqualTo("embstr");
    assertThat(encodingOf("-0")).isEqualTo("embstr");
    assertThat(encodingOf("+1")).isEqualTo("embstr");
    assertThat(encodingOf("")).isEqualTo("embstr");
    assertThat(encodingOf("x".repeat(44))).isEqualTo("embstr");
    assertThat(encodingOf("x".repeat(45))).isEqualTo("raw");
    assertThat(encodingOf("x".repeat(100_000))).isEqualTo("raw");
  }

  @Test
  void aChangedStringIsRaw() {
    long entry = append(put("key", "ab"), "c");
    assertThat(StringValue.encodingName(entry)).isEqualTo("raw");
    entry = append(put("key", "12"), "3");
    assertThat(StringValue.encodingName(entry)).isEqualTo("raw");
    assertThat(textOf(entry)).isEqualTo("123");
    // A new value starts with no history.
    assertThat(StringValue.encodingName(put("key", "123"))).isEqualTo("int");
  }

  @Test
  void storesCanonicalDecimalsAsNumbers() {
    for (long value : new long[] {0, 7, -7, 10, 99, 100, -1000, Long.MAX_VALUE, Long.MIN_VALUE}) {
      String text = Long.toString(value);
      long entry = put("n", text);
      assertThat(StringValue.isInteger(entry)).isTrue();
      assertThat(StringValue.integer(entry)).isEqualTo(value);
      assertThat(StringValue.length(entry)).isEqualTo(text.length());
      assertThat(textOf(entry)).isEqualTo(text);
    }
  }

  @Test
  void replacesStringsByNumbers() {
    for (int length : new int[] {1, 20, 100, 5000, 100_000}) {
      long entry = StringValue.setInteger(database, put("key", "x".repeat(length)), 42);
      assertThat(textOf(entry)).isEqualTo("42");
      assertThat(textOf(StringValue.setInteger(database, entry, -1))).isEqualTo("-1");
    }
  }

  @Test
  void appendsAndSetsRangesLikeArrays() {
    for (int round = 0; round < 60; round++) {
      byte[] model = new byte[random.nextInt(random.nextBoolean() ? 10 : 6000)];
      random.nextBytes(model);
      if (random.nextInt(4) == 0) {
        model = Integer.toString(random.nextInt()).getBytes(StandardCharsets.ISO_8859_1);
      }
      long entry = put("key", latin1(model));
      if (random.nextBoolean()) {
        entry = database.setExpiry(entry, 5000 + round);
      }
      int most = random.nextBoolean() ? 30 : 20_000;
      for (int step = 0; step < 50; step++) {
        byte[] bytes = new byte[random.nextInt(most)];
        random.nextBytes(bytes);
        try (RegionArgument argument = RegionArgument.of(slabs, bytes)) {
          if (random.nextInt(3) > 0) {
            entry = StringValue.append(database, entry, argument.address(), argument.length());
            int before = model.length;
            model = Arrays.copyOf(model, before + bytes.length);
            System.arraycopy(bytes, 0, model, before, bytes.length);
          } else if (random.nextInt(3) == 0) {
            int length = random.nextInt(random.nextBoolean() ? 300 : model.length + most);
            entry = StringValue.edit(database, entry, length, 0, length);
            assertThat(StringValue.encodingName(entry)).isEqualTo("raw");
            model = Arrays.copyOf(model, length);
          } else {
            int offset = random.nextInt(model.length + most);
            entry =
                StringValue.setRange(
                    database, entry, offset, argument.address(), argument.length());
            model = Arrays.copyOf(model, Math.max(model.length, offset + bytes.length));
            System.arraycopy(bytes, 0, model, offset, bytes.length);
          }
        }
        assertThat(StringValue.length(entry)).isEqualTo(model.length);
      }
      assertThat(StringValue.toByteArray(entry)).isEqualTo(model);
      assertThat(database.expiries().size()).isEqualTo(Entry.expires(entry) ? 1 : 0);
    }
  }

  @Test
  void appendsWithoutCopyingEachTime() {
    long entry = put("key", "x".repeat(5000));
    long moves = 0;
    try (RegionArgument argument = RegionArgument.of(slabs, "y".repeat(100))) {
      for (int i = 0; i < 10_000; i++) {
        long before = StringValue.bytesAddress(entry);
        entry = StringValue.append(database, entry, argument.address(), argument.length());
        moves += StringValue.bytesAddress(entry) == before ? 0 : 1;
      }
    }
    assertThat(StringValue.length(entry)).isEqualTo(1_005_000);
    assertThat(moves).isLessThan(12);
  }

  @Test
  void freesALargeValueInSteps() {
    byte[] large = new byte[40 << 20];
    large[large.length - 1] = 9;
    try (RegionArgument key = RegionArgument.of(slabs, "large");
        RegionArgument value = RegionArgument.of(slabs, large)) {
      long entry =
          database.putString(
              key.address(), key.length(), value.address(), value.length(), Entry.NO_EXPIRY);
      assertThat(StringValue.toByteArray(entry)).isEqualTo(large);
      long before = slabs.usedBytes();
      database.delete(key.address(), key.length());
      assertThat(keyspace.garbageCount()).isEqualTo(1);
      assertThat(slabs.usedBytes()).isGreaterThan(before - 1000);
      while (keyspace.freeSome(1) > 0) {
        assertThat(slabs.usedBytes()).isLessThan(before);
      }
      assertThat(slabs.usedBytes()).isLessThan(before - (40 << 20));
    }
  }

  @Test
  void acceptsKeysAsLargeAsValues() {
    byte[] large = new byte[20 << 20];
    random.nextBytes(large);
    long entry = put(latin1(large), "value");
    assertThat(Entry.keyLength(entry)).isEqualTo(large.length);
    entry = database.setExpiry(entry, 1);
    try (RegionArgument key = RegionArgument.of(slabs, large)) {
      assertThat(database.find(key.address(), key.length())).isEqualTo(entry);
      assertThat(database.delete(key.address(), key.length())).isTrue();
    }
  }

  private String encodingOf(String value) {
    return StringValue.encodingName(put("key", value));
  }

  private long put(String key, String value) {
    try (RegionArgument k = RegionArgument.of(slabs, key);
        RegionArgument v = RegionArgument.of(slabs, value)) {
      return database.putString(k.address(), k.length(), v.address(), v.length(), Entry.NO_EXPIRY);
    }
  }

  private long append(long entry, String text) {
    try (RegionArgument argument = RegionArgument.of(slabs, text)) {
      return StringValue.append(database, entry, argument.address(), argument.length());
    }
  }

  private static String textOf(long entry) {
    return latin1(StringValue.toByteArray(entry));
  }

  private static String latin1(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
