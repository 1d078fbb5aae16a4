package io.redoubt.persistence.packed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Tests intsets against sorted sets, and their bytes against literals. */
class IntsetTest {

  private static final int ROOM = 1 << 13;

  private static String hex(Long... numbers) {
    return HexFormat.of().formatHex(Packs.intset(List.of(numbers)));
  }

  @Test
  void writesEachWidth() {
    assertThat(hex()).isEqualTo("0200000000000000");
    assertThat(hex(5L, -1L, 5L, 32767L)).isEqualTo("0200000003000000" + "ffff0500ff7f");
    assertThat(hex(1L, 32768L)).isEqualTo("0400000002000000" + "0100000000800000");
    assertThat(hex(1L, -2147483649L))
        .isEqualTo("0800000002000000" + "ffffff7fffffffff" + "0100000000000000");
  }

  @Test
  void behavesLikeASortedSet() throws PackedException {
    RandomGenerator random = Seed.random("IntsetTest");
    for (int round = 0; round < 300; round++) {
      int bits = 4 + random.nextInt(60);
      TreeSet<Long> model = new TreeSet<>();
      MemorySegment memory = MemorySegment.ofArray(new byte[ROOM]);
      long start = 5;
      Intset.create(memory, start);
      for (int edit = 0; edit < 150; edit++) {
        boolean inPlace = random.nextBoolean();
        MemorySegment target = inPlace ? memory : MemorySegment.ofArray(new byte[ROOM]);
        long to = inPlace ? start : random.nextInt(20);
        long value = random.nextLong() >> (edit < 75 ? 64 - bits / 2 : 64 - bits);
        boolean done;
        if (random.nextInt(3) == 0) {
          value = model.isEmpty() || random.nextBoolean() ? value : model.last();
          done = Intset.remove(memory, start, value, target, to);
          assertThat(done).isEqualTo(model.remove(value));
        } else {
          long expected = Intset.sizeAfterAdd(memory, start, value);
          done = Intset.add(memory, start, value, target, to);
          assertThat(done).isEqualTo(model.add(value));
          if (done) {
            assertThat(Intset.sizeBytes(target, to)).isEqualTo(expected);
          }
        }
        if (done) {
          memory = target;
          start = to;
        }
        long size = Intset.sizeBytes(memory, start);
        assertThat(Packs.numbers(Packs.bytes(memory, start, size)))
            .isEqualTo(new ArrayList<>(model));
        assertThat(Intset.contains(memory, start, value)).isEqualTo(model.contains(value));
        int found = Intset.find(memory, start, value + 1);
        int smaller = model.headSet(value + 1).size();
        assertThat(found).isEqualTo(model.contains(value + 1) ? smaller : -1 - smaller);
      }
    }
  }

  @Test
  void reportsOffsetAndReasonOfInvalidBytes() {
    refused("02000000000000", 0, "fewer than 8 bytes");
    refused("0300000000000000", 0, "width");
    refused("02000000010000000100ff", 4, "size");
    refused("0200000002000080ffff0100", 4, "size");
  }

  @Test
  void noticesDuplicatesAndDescendingNumbers() {
    assertThat(isAscending("0200000002000000" + "ffff0000")).isTrue();
    assertThat(isAscending("0200000000000000")).isTrue();
    assertThat(isAscending("0200000002000000" + "01000100")).isFalse();
    assertThat(isAscending("0200000002000000" + "0000ffff")).isFalse();
  }

  private static boolean isAscending(String hex) {
    return Intset.isAscending(MemorySegment.ofArray(HexFormat.of().parseHex(hex)), 0);
  }

  private static void refused(String hex, long offset, String reason) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> Intset.validate(MemorySegment.ofArray(bytes), 0, bytes.length))
        .isInstanceOfSatisfying(
            PackedException.class,
            e -> {
              assertThat(e.offset()).isEqualTo(offset);
              assertThat(e.reason()).contains(reason);
            });
  }
}
