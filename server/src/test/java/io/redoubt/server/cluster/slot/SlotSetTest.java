package io.redoubt.server.cluster.slot;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotSetTest {
  @Test
  void writesRanges() {
    assertThat(SlotSet.of()).hasToString("");
    assertThat(SlotSet.of(5, 3, 4, 16383, 0)).hasToString("0 3-5 16383");
    assertThat(SlotSet.range(0, 16383)).hasToString("0-16383");
    assertThat(SlotSet.range(64, 127)).hasToString("64-127");
  }

  @Test
  void behavesAsABitSet() {
    Random random = Seed.random("SlotSetTest");
    SlotSet set = new SlotSet();
    BitSet expected = new BitSet();
    for (int i = 0; i < 20_000; i++) {
      int slot = random.nextInt(SlotSet.SLOTS);
      if (random.nextInt(3) == 0) {
        assertThat(set.remove(slot)).isEqualTo(expected.get(slot));
        expected.clear(slot);
      } else {
        assertThat(set.add(slot)).isNotEqualTo(expected.get(slot));
        expected.set(slot);
      }
    }
    assertThat(set.count()).isEqualTo(expected.cardinality());
    BitSet seen = new BitSet();
    set.forEachRange((first, last) -> seen.set(first, last + 1));
    assertThat(seen).isEqualTo(expected);
    BitSet each = new BitSet();
    set.forEach(each::set);
    assertThat(each).isEqualTo(expected);
    ByteBuffer bytes = ByteBuffer.allocate(SlotSet.BYTES);
    set.write(bytes);
    assertThat(BitSet.valueOf(bytes.flip())).isEqualTo(expected);
    assertThat(SlotSet.read(bytes)).isEqualTo(set);
    assertThat(bytes.hasRemaining()).isFalse();
  }

  @Test
  void knowsItsSubsets() {
    SlotSet set = SlotSet.of(1, 64, 16383);
    assertThat(set.containsAll(SlotSet.of(64, 16383))).isTrue();
    assertThat(set.containsAll(new SlotSet())).isTrue();
    assertThat(set.containsAll(SlotSet.of(64, 65))).isFalse();
  }
}
