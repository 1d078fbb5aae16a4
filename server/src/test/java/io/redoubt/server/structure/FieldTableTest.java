package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares a table of fields with a map. */
final class FieldTableTest {
  private record Value(String text, long expireAt) {}

  private final Random random = Seed.random("FieldTableTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final FieldTable table = new FieldTable(slabs, new Hash(1, 2));
  private final Map<String, Value> model = new HashMap<>();

  @AfterEach
  void nothingIsLeft() {
    slabs.close();
  }

  private void drop(long root) {
    table.pointTo(root);
    while (table.dismantle()) {
      assertThat(table.root()).isEqualTo(root);
    }
  }

  /** With few fields, with many, and with a number around the threshold of a tree. */
  @ParameterizedTest
  @ValueSource(ints = {20, 130, 3000})
  void behavesLikeAMap(int fields) {
    long root = table.create();
    for (int step = 0; step < 30_000; step++) {
      boolean growing = step / 8_000 % 2 == 0;
      String field = "f" + random.nextInt(fields);
      if (random.nextInt(50) == 0) {
        field = field.repeat(40); // the form of lengths from 128 on
      }
      change(field, growing);
      if (random.nextInt(50) == 0) {
        assertSame();
      }
    }
    assertSame();
    drop(root);
  }

  private void change(String field, boolean growing) {
    try (RegionArgument key = RegionArgument.of(slabs, field)) {
      long element = table.find(key.address(), key.length());
      assertThat(element != 0).isEqualTo(model.containsKey(field));
      Value value = model.get(field);
      if (value == null) {
        if (growing || random.nextInt(5) == 0) {
          String text = text();
          element = table.insert(key.address(), key.length(), text.length());
          write(element, text);
          model.put(field, new Value(text, FieldElement.NO_EXPIRY));
        }
        return;
      }
      assertValue(element, value);
      if (random.nextInt(3) == 0) {
        long expireAt = random.nextInt(4) == 0 ? FieldElement.NO_EXPIRY : random.nextInt(50);
        element = table.expireAt(element, expireAt);
        value = new Value(value.text(), expireAt);
        model.put(field, value);
      } else if (growing || random.nextInt(3) == 0) {
        String text = text();
        element = table.replaceValue(element, text.length());
        write(element, text);
        value = new Value(text, value.expireAt());
        model.put(field, value);
      } else {
        table.remove(element);
        model.remove(field);
        return;
      }
      assertThat(table.find(key.address(), key.length())).isEqualTo(element);
      assertValue(element, value);
    }
  }

  private String text() {
    int length =
        switch (random.nextInt(40)) {
          case 0 -> 240 + random.nextInt(20);
          case 1 -> 4085 + random.nextInt(20);
          case 2 -> random.nextInt(20_000);
          default -> random.nextInt(40);
        };
    return Integer.toString(random.nextInt(10)).repeat(length);
  }

  private static void write(long element, String text) {
    Region.put(FieldElement.valueAddress(element), text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(long address, int length) {
    return new String(Region.toByteArray(address, length), StandardCharsets.US_ASCII);
  }

  private static String field(long element) {
    return text(FieldElement.fieldAddress(element), FieldElement.fieldLength(element));
  }

  private static void assertValue(long element, Value value) {
    assertThat(text(FieldElement.valueAddress(element), FieldElement.valueLength(element)))
        .isEqualTo(value.text());
    assertThat(FieldElement.expireAt(element)).isEqualTo(value.expireAt());
  }

  private void assertSame() {
    assertThat(table.size()).isEqualTo(model.size());
    Set<String> seen = new HashSet<>();
    long cursor = 0;
    do {
      cursor =
          table.scan(
              cursor,
              element -> {
                assertThat(seen.add(field(element))).isTrue();
                assertValue(element, model.get(field(element)));
              });
    } while (cursor != 0);
    assertThat(seen).isEqualTo(model.keySet());
    assertThat(table.expiring()).isEqualTo(expiringBefore(Long.MAX_VALUE));
    assertThat(table.expires()).isEqualTo(table.expiring() > 0);
    assertThat(table.expiringBefore(25)).isEqualTo(expiringBefore(25));
    long next =
        model.values().stream()
            .mapToLong(Value::expireAt)
            .filter(at -> at != FieldElement.NO_EXPIRY)
            .min()
            .orElse(FieldElement.NO_EXPIRY);
    assertThat(table.nextExpiry()).isEqualTo(next);
    if (next != FieldElement.NO_EXPIRY) {
      assertThat(FieldElement.expireAt(table.nextExpiring())).isEqualTo(next);
    }
  }

  private long expiringBefore(long millis) {
    return model.values().stream()
        .filter(value -> value.expireAt() >= 0 && value.expireAt() < millis)
        .count();
  }

  @Test
  void copiesAllFields() {
    long root = table.create();
    for (int i = 0; i < 3000; i++) {
      change("f" + random.nextInt(400), true);
    }
    FieldTable copy = new FieldTable(slabs, new Hash(1, 2));
    long copied = copy.copyOf(table);
    long used = slabs.usedBytes();
    drop(root);
    // Blocks of a checking allocator are a little larger.
    assertThat(used - slabs.usedBytes())
        .isCloseTo(copy.sizeBytes(0), Percentage.withPercentage(15));
    table.pointTo(copied);
    assertSame();
    drop(copied);
  }
}
