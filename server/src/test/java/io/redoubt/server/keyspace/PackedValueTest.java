package io.redoubt.server.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.StringValue;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedValueTest {

  private static final int MAX_BYTES = 3 * Encoding.MAX_INLINE_LENGTH;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keepsItsFirstBytesAtAnySize(boolean intset) {
    RandomGenerator random = Seed.random("PackedValueTest");
    try (Slabs slabs = CheckingSlabs.create();
        Keyspace keyspace = new Keyspace(slabs, 1, random);
        RegionArgument key = RegionArgument.of(slabs, "key")) {
      Database database = keyspace.database(0);
      byte[] model = new byte[20];
      random.nextBytes(model);
      long entry =
          PackedValue.create(database, key.address(), key.length(), Type.SET, intset, model.length);
      Region.put(PackedValue.address(entry), model);
      for (int i = 0; i < 3_000; i++) {
        byte[] next =
            new byte[random.nextBoolean() ? random.nextInt(300) : random.nextInt(MAX_BYTES)];
        random.nextBytes(next);
        int kept = Math.min(model.length, next.length);
        System.arraycopy(model, 0, next, 0, kept);
        entry = PackedValue.resize(database, entry, next.length);
        assertThat(bytes(entry, kept)).isEqualTo(Arrays.copyOf(model, kept));
        Region.put(PackedValue.address(entry), next);
        model = next;
        if (random.nextInt(10) == 0) {
          entry =
              Entry.expires(entry)
                  ? database.persist(entry)
                  : database.setExpiry(entry, Long.MAX_VALUE - i);
        }
        assertThat(database.find(key.address(), key.length())).isEqualTo(entry);
        assertThat(PackedValue.isPacked(entry)).isTrue();
        assertThat(PackedValue.isIntset(entry)).isEqualTo(intset);
        assertThat(PackedValue.sizeBytes(entry)).isEqualTo(model.length);
        assertThat(bytes(entry, model.length)).isEqualTo(model);
      }
    }
  }

  private static byte[] bytes(long entry, int length) {
    return Region.toByteArray(PackedValue.address(entry), length);
  }

  @Test
  void isReplacedByAString() {
    try (Slabs slabs = CheckingSlabs.create();
        Keyspace keyspace = new Keyspace(slabs, 1, Seed.random("PackedValueTest"));
        RegionArgument key = RegionArgument.of(slabs, "key");
        RegionArgument value = RegionArgument.of(slabs, "value")) {
      Database database = keyspace.database(0);
      PackedValue.create(database, key.address(), key.length(), Type.HASH, false, MAX_BYTES);
      long entry =
          database.putString(
              key.address(), key.length(), value.address(), value.length(), Entry.NO_EXPIRY);
      assertThat(Entry.type(entry)).isEqualTo(Type.STRING);
      assertThat(StringValue.toByteArray(entry)).asString().isEqualTo("value");
    }
  }
}
