package io.redoubt.persistence.packed;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class PackedDuplicatesTest {

  private final PackedDuplicates duplicates = new PackedDuplicates();

  private boolean existIn(List<String> elements, int stride) {
    return duplicates.existIn(MemorySegment.ofArray(Packs.listpack(elements)), 0, stride);
  }

  @Test
  void findsDuplicatesAmongAnyNumberOfElements() {
    for (int count = 2; count < 100; count++) {
      List<String> distinct = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        distinct.add(i % 3 == 0 ? Integer.toString(i) : "m".repeat(i % 20) + i);
      }
      assertThat(existIn(distinct, 1)).isFalse();
      for (int twice = 0; twice < count - 1; twice++) {
        List<String> repeated = new ArrayList<>(distinct.subList(0, count - 1));
        repeated.add(distinct.get(twice));
        assertThat(existIn(repeated, 1)).isTrue();
      }
    }
  }

  @Test
  void comparesOnlyEveryStrideThElement() {
    assertThat(existIn(List.of("a", "1", "b", "1"), 2)).isFalse();
    assertThat(existIn(List.of("a", "1", "b", "2", "a", "3"), 2)).isTrue();
  }

  @Test
  void agreesWithASetForRandomElements() {
    RandomGenerator random = Seed.random("PackedDuplicatesTest");
    for (int round = 0; round < 20_000; round++) {
      List<String> elements = new ArrayList<>();
      for (int left = random.nextInt(24); left > 0; left--) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
          text.append((char) ('0' + random.nextInt(2)));
        }
        elements.add(text.toString());
      }
      boolean expected = new HashSet<>(elements).size() < elements.size();
      assertThat(existIn(elements, 1)).as("%s", elements).isEqualTo(expected);
    }
  }

  /** A listpack of others may hold the text of an integer as a string. */
  @Test
  void takesAnIntegerAndItsTextForEqual() {
    MemorySegment memory =
        MemorySegment.ofArray(
            new byte[] {12, 0, 0, 0, 2, 0, 7, 1, (byte) 0x81, '7', 2, (byte) 0xff});
    assertThat(duplicates.existIn(memory, 0, 1)).isTrue();
  }
}
