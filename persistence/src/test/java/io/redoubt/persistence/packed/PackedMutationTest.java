package io.redoubt.persistence.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Tests that corrupt bytes are either refused with a reason or can be walked without reading past
 * their end, which is the end of the segment.
 */
class PackedMutationTest {

  private static final int ROUNDS = 100_000;

  @FunctionalInterface
  private interface Make {
    byte[] from(List<String> elements);
  }

  @FunctionalInterface
  private interface Read {
    void all(byte[] bytes) throws PackedException;
  }

  @Test
  void survivesMutatedListpacks() {
    run(
        Packs::listpack,
        bytes -> {
          List<String> elements = Packs.elements(bytes);
          MemorySegment memory = MemorySegment.ofArray(bytes);
          assertThat(Listpack.count(memory, 0)).isEqualTo(elements.size());
          int left = elements.size();
          for (long at = Listpack.last(memory, 0);
              at != Listpack.NONE;
              at = Listpack.previous(memory, 0, at)) {
            assertThat(Packs.element(memory, at)).isEqualTo(elements.get(--left));
          }
          assertThat(left).isZero();
          Listpack.find(memory, Listpack.firstPosition(0), Packs.latin("nowhere"), 0, 7, 1);
        });
  }

  @Test
  void survivesMutatedIntsets() {
    run(
        elements -> {
          List<Long> numbers = new ArrayList<>();
          for (String element : elements) {
            numbers.add((long) element.hashCode() >> (element.length() & 31));
          }
          return Packs.intset(numbers);
        },
        bytes -> {
          List<Long> numbers = Packs.numbers(bytes);
          if (!Intset.isAscending(MemorySegment.ofArray(bytes), 0)) {
            return; // passed on number by number
          }
          for (int i = 0; i < numbers.size(); i++) {
            assertThat(Intset.find(MemorySegment.ofArray(bytes), 0, numbers.get(i))).isEqualTo(i);
          }
        });
  }

  @Test
  void survivesMutatedZiplists() {
    run(Packs::ziplist, Packs::ziplistElements);
  }

  @Test
  void survivesMutatedZipmaps() {
    run(
        Packs::zipmap,
        bytes ->
            assertThat(Packs.zipmapElements(bytes))
                .hasSize(2 * Zipmap.count(MemorySegment.ofArray(bytes), 0)));
  }

  private static void run(Make make, Read read) {
    RandomGenerator random = Seed.random("PackedMutationTest");
    byte[] valid = {};
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 100 == 0) {
        List<String> elements = new ArrayList<>();
        for (int i = 2 * random.nextInt(6); i > 0; i--) {
          String element = Packs.element(random);
          elements.add(element.substring(0, Math.min(300, element.length())));
        }
        valid = make.from(elements);
      }
      byte[] corrupt = Packs.mutate(valid, random);
      try {
        read.all(corrupt);
      } catch (PackedException e) {
        refused++;
        assertThat(e.offset()).isBetween(0L, (long) corrupt.length);
        assertThat(e.reason()).isNotEmpty();
      } catch (RuntimeException | OutOfMemoryError | AssertionError e) {
        fail("round " + round + " " + HexFormat.of().formatHex(corrupt), e);
      }
    }
    System.out.printf("PackedMutationTest: %d of %d refused%n", refused, ROUNDS);
    assertThat(refused).isBetween(ROUNDS / 2, ROUNDS * 98 / 100);
  }
}
