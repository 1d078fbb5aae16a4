package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SorterTest {
  private final Random random = Seed.random("SorterTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Sorter sorter = new Sorter(slabs);
  private final List<Row> rows = new ArrayList<>();

  private record Row(String string, double number, String weight) {}

  @AfterEach
  void nothingIsLeft() {
    sorter.close();
    slabs.close();
  }

  @Test
  void sortsByNumber() {
    for (int round = 0; round < 100; round++) {
      fill(random.nextInt(1000));
      rows.sort(Comparator.comparingDouble(Row::number).thenComparing(Row::string));
      isSorted(Sorter.By.NUMBER, false);
    }
  }

  @Test
  void sortsByBytes() {
    for (int round = 0; round < 100; round++) {
      fill(random.nextInt(1000));
      rows.sort(Comparator.comparing(Row::string));
      isSorted(Sorter.By.STRING, false);
    }
  }

  @Test
  void sortsByWeightUpToANul() {
    add("b", 0, "x\0b");
    add("c", 0, "");
    add("a", 0, "w\0z");
    sorter.sort(Sorter.By.WEIGHT, true, false, 0, 2, random);
    assertThat(order(0, 3)).containsExactly("c", "a", "b");
    sorter.sort(Sorter.By.WEIGHT, true, true, 0, 2, random);
    assertThat(order(0, 3)).containsExactly("b", "a", "c");
  }

  @Test
  void sortsSortedAndEqualElements() {
    for (int i = 0; i < 50_000; i++) {
      add("%06d".formatted(i), 7, "");
    }
    sorter.sort(Sorter.By.NUMBER, false, true, 0, 49_999, random);
    assertThat(order(0, 3)).containsExactly("049999", "049998", "049997");
    sorter.close();
    for (int i = 0; i < 50_000; i++) {
      add("same", 7, "");
    }
    sorter.sort(Sorter.By.NUMBER, false, false, 0, 49_999, random);
    assertThat(order(0, 2)).containsExactly("same", "same");
  }

  @Test
  void sortsIntegersOfAnySize() {
    double[] edges = {
      Double.NEGATIVE_INFINITY,
      -1e300,
      Long.MIN_VALUE,
      -(1L << 53),
      1 - (1L << 53),
      -1,
      -0.0,
      1,
      1023,
      1024,
      (1L << 53) - 1,
      1L << 53,
      Long.MAX_VALUE,
      Double.POSITIVE_INFINITY
    };
    for (boolean descending : new boolean[] {false, true}) {
      for (int round = 0; round < 300; round++) {
        sorter.close();
        rows.clear();
        int count = random.nextInt(20) == 0 ? 1020 + random.nextInt(10) : random.nextInt(100);
        int edge = random.nextInt(edges.length);
        for (int i = 0; i < count; i++) {
          double number = i < count / 2 ? random.nextLong() >> (11 + random.nextInt(53)) : i;
          if (random.nextInt(20) == 0) {
            number = edges[random.nextInt(edge + 1)];
          }
          add(Double.toString(number + 0.0), number, "");
        }
        Comparator<Row> order =
            Comparator.comparingDouble((Row row) -> row.number() + 0.0).thenComparing(Row::string);
        rows.sort(descending ? order.reversed() : order);
        isSorted(Sorter.By.NUMBER, descending);
      }
    }
  }

  @Test
  void sortsFractions() {
    for (int round = 0; round < 200; round++) {
      sorter.close();
      rows.clear();
      int count = random.nextInt(1030);
      // Far from each other, or apart in their lowest bits only.
      double factor = round % 2 == 0 ? 1 : Math.ulp(1.0) * 2000;
      for (int i = 0; i < count; i++) {
        add("s" + i, (random.nextBoolean() ? 1 : -1) * (1 + random.nextDouble() * factor), "");
      }
      boolean descending = random.nextBoolean();
      Comparator<Row> order = Comparator.comparingDouble(Row::number).thenComparing(Row::string);
      rows.sort(descending ? order.reversed() : order);
      isSorted(Sorter.By.NUMBER, descending);
    }
  }

  private void fill(int count) {
    sorter.close();
    rows.clear();
    for (int i = 0; i < count; i++) {
      add("s" + random.nextInt(500), random.nextInt(100) - 50, "w" + random.nextInt(20));
    }
  }

  private void add(String string, double number, String weight) {
    int i = sorter.count();
    rows.add(new Row(string, number, weight));
    Region.put(sorter.add(string.length()), string.getBytes(StandardCharsets.ISO_8859_1));
    if (weight.contains("\0")) {
      Region.put(sorter.weight(i, weight.length()), weight.getBytes(StandardCharsets.ISO_8859_1));
    } else if (number != 0) {
      sorter.setNumber(i, number);
    }
  }

  private void isSorted(Sorter.By by, boolean descending) {
    int first = rows.isEmpty() ? 0 : random.nextInt(rows.size());
    int end = first + (rows.isEmpty() ? 0 : random.nextInt(rows.size() - first));
    sorter.sort(by, false, descending, first, end - 1, random);
    List<String> expected = rows.subList(first, end).stream().map(Row::string).toList();
    assertThat(order(first, end)).isEqualTo(expected);
  }

  private List<String> order(int first, int end) {
    List<String> strings = new ArrayList<>();
    for (int place = first; place < end; place++) {
      int i = sorter.at(place);
      byte[] bytes = Region.toByteArray(sorter.address(i), sorter.length(i));
      strings.add(new String(bytes, StandardCharsets.ISO_8859_1));
    }
    return strings;
  }
}
