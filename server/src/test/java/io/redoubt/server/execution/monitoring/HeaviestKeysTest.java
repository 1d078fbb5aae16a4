package io.redoubt.server.execution.monitoring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class HeaviestKeysTest {
  private final HeaviestKeys keys = new HeaviestKeys(10);
  private final Map<String, Long> exact = new HashMap<>();

  private void add(String name, long cost) {
    byte[] bytes = name.getBytes(UTF_8);
    keys.add(MemorySegment.ofArray(bytes), 0, bytes.length, cost);
    exact.merge(name, cost, Long::sum);
  }

  private String name(int place) {
    return new String(keys.name(keys.order()[place]), UTF_8);
  }

  @Test
  void findsTheHeaviestAmongManyOthers() {
    RandomGenerator random = Seed.random("HeaviestKeysTest");
    for (int i = 0; i < 400_000; i++) {
      int at = random.nextInt(100);
      add(at < 20 ? "hot" : at < 25 ? "warm" : "key:" + random.nextInt(1_000_000), 100);
      if (i % 1000 == 0) {
        add("costly", 50_000);
      }
    }
    assertThat(keys.order()).hasSize(10);
    assertThat(name(0)).isEqualTo("costly");
    assertThat(name(1)).isEqualTo("hot");
    assertThat(name(2)).isEqualTo("warm");
    long total = exact.values().stream().mapToLong(Long::longValue).sum();
    for (int place = 0; place < 3; place++) {
      long sum = exact.get(name(place));
      assertThat(keys.cost(keys.order()[place])).isBetween(sum, sum + total / 1000);
    }
  }

  @Test
  void addsUpFewKeysExactly() {
    for (int i = 0; i < 100; i++) {
      for (int k = 0; k < 10; k++) {
        add("k" + k, k);
      }
    }
    assertThat(name(0)).isEqualTo("k9");
    assertThat(keys.cost(keys.order()[0])).isEqualTo(900);
    assertThat(name(9)).isEqualTo("k0");
  }

  @Test
  void keepsTheStartOfLongNames() {
    String prefix = "x".repeat(HeaviestKeys.MAX_NAME_BYTES);
    add(prefix + "a", 1);
    add(prefix + "b", 2);
    add("", 3);
    add("short", 4);
    assertThat(keys.order()).hasSize(4);
    assertThat(name(0)).isEqualTo("short");
    assertThat(name(1)).isEmpty();
    assertThat(name(2)).isEqualTo(prefix);
    assertThat(name(3)).isEqualTo(prefix);
    for (int i = 0; i < 20; i++) {
      add("n" + i + prefix, 100);
    }
    assertThat(keys.order()).hasSize(10);
    assertThat(keys.name(keys.order()[0])).hasSize(HeaviestKeys.MAX_NAME_BYTES);
  }
}
