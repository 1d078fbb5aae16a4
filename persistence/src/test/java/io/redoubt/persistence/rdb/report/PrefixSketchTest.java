package io.redoubt.persistence.rdb.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Hash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Tests the sketch of prefixes against exact counts. */
class PrefixSketchTest {

  private static final int COUNTERS = 64;

  private final KeyFigures key = new KeyFigures();
  private final Map<ByteString, long[]> exact = new HashMap<>(); // keys, bytes of data
  private long allBytes;

  private void add(PrefixSketch sketch, String prefix, long bytes) {
    ByteString name = ByteString.of(prefix);
    key.begin(new RdbKey().at(name.asSegment(), 0, name.length()), ValueEncoding.RAW);
    key.addElement(bytes);
    sketch.add(key, name.asSegment(), name.length());
    long[] sums = exact.computeIfAbsent(name, absent -> new long[2]);
    sums[0]++;
    sums[1] += key.dataBytes();
    allBytes += key.dataBytes();
  }

  private void assertBounds(PrefixTotals prefix) {
    long[] sums = exact.get(prefix.prefix());
    assertThat(prefix.totals().keys()).isLessThanOrEqualTo(sums[0]);
    assertThat(prefix.totals().dataBytes()).isLessThanOrEqualTo(sums[1]);
    assertThat(prefix.totals().dataBytes() + prefix.missedBytes()).isGreaterThanOrEqualTo(sums[1]);
  }

  @Test
  void isExactWhileThereIsACounterForEachPrefix() {
    RandomGenerator random = Seed.random("PrefixSketchTest.exact");
    PrefixSketch sketch = new PrefixSketch(COUNTERS, new Hash(1, 2), 0);
    for (int i = 0; i < 10_000; i++) {
      add(sketch, "prefix" + random.nextInt(COUNTERS) + ":", random.nextInt(1000));
    }
    assertThat(sketch.isExact()).isTrue();
    List<PrefixTotals> found = sketch.largest(COUNTERS);
    assertThat(found).hasSize(COUNTERS);
    for (PrefixTotals prefix : found) {
      assertThat(prefix.missedBytes()).isZero();
      assertThat(prefix.totals().keys()).isEqualTo(exact.get(prefix.prefix())[0]);
      assertThat(prefix.totals().dataBytes()).isEqualTo(exact.get(prefix.prefix())[1]);
    }
    assertThat(found)
        .isSortedAccordingTo(
            (a, b) -> Long.compare(b.totals().dataBytes(), a.totals().dataBytes()));
  }

  @Test
  void findsHeavyPrefixesAmongAMillion() {
    RandomGenerator random = Seed.random("PrefixSketchTest.million");
    PrefixSketch sketch = new PrefixSketch(COUNTERS, new Hash(1, 2), 0);
    for (int i = 0; i < 1_000_000; i++) {
      boolean heavy = random.nextInt(4) == 0;
      add(sketch, heavy ? "heavy" + random.nextInt(3) : "light" + i, random.nextInt(100));
    }
    assertThat(sketch.isExact()).isFalse();
    List<PrefixTotals> found = sketch.largest(COUNTERS);
    found.forEach(this::assertBounds);
    assertThat(found).allMatch(prefix -> prefix.totals().dataBytes() >= prefix.missedBytes());
    exact.forEach((prefix, sums) -> {
      if (sums[1] > allBytes / COUNTERS) {
        assertThat(found).extracting(PrefixTotals::prefix).contains(prefix);
      }
    });
    assertThat(found.subList(0, 3))
        .extracting(prefix -> prefix.prefix().toString())
        .containsExactlyInAnyOrder("heavy0", "heavy1", "heavy2");
  }

  @Test
  void givesTheCounterOfTheSmallestPrefixAway() {
    PrefixSketch sketch = new PrefixSketch(2, new Hash(1, 2), 0);
    add(sketch, "a", 100);
    add(sketch, "b", 10);
    add(sketch, "c", 1); // takes the counter of b, which has 11 bytes
    assertThat(sketch.largest(2))
        .extracting(prefix -> prefix.prefix() + " " + prefix.missedBytes())
        .containsExactly("a 0"); // of c less than half is known
    add(sketch, "c", 20);
    assertThat(sketch.largest(2))
        .extracting(prefix -> prefix.prefix() + " " + prefix.missedBytes())
        .containsExactly("a 0", "c 11");
    assertThat(sketch.largest(2).getLast().totals().dataBytes()).isEqualTo(23);
  }
}
