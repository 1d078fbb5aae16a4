package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class IdTreeTest {
  private record Id(long high, long low) implements Comparable<Id> {
    @Override
    public int compareTo(Id other) {
      int order = Long.compareUnsigned(high, other.high);
      return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }
  }

  private static Id id(long element) {
    return new Id(IdTree.high(element), IdTree.low(element));
  }

  @Test
  void behavesLikeATreeMap() {
    Random random = Seed.random("IdTreeTest");
    for (int round = 0; round < 30; round++) {
      int valueBytes = 8 * random.nextInt(4);
      int times = 1 + random.nextInt(500);
      Slabs slabs = CheckingSlabs.create();
      long header = slabs.allocateFar(IdTree.HEADER_BYTES);
      Region.zero(header, IdTree.HEADER_BYTES);
      IdTree tree = new IdTree(slabs, valueBytes);
      tree.pointTo(header);
      TreeMap<Id, Long> model = new TreeMap<>();
      for (int step = 0; step < 4000; step++) {
        boolean growing = step / 1000 % 2 == 0;
        // The times near 0 as unsigned numbers are the first and the last possible ones.
        Id id = new Id(random.nextInt(times) - times / 2, random.nextInt(4));
        if (random.nextInt(10) < (growing ? 8 : 2)) {
          long element = tree.put(id.high(), id.low());
          assertThat(tree.added()).isEqualTo(!model.containsKey(id));
          assertThat(id(element)).isEqualTo(id);
          if (valueBytes > 0) {
            Region.putLong(IdTree.value(element), step);
          }
          model.put(id, (long) step);
        } else {
          assertThat(tree.remove(id.high(), id.low())).isEqualTo(model.remove(id) != null);
        }
        assertThat(tree.size()).isEqualTo(model.size());
        assertNeighbours(tree, model, id);
        if (step % 500 == 499) {
          assertSame(tree, model, valueBytes > 0);
        }
      }
      TreeMap<Id, Long> freed = new TreeMap<>();
      while (tree.dismantle(element -> freed.put(id(element), 0L))) {
        assertThat(tree.size() + freed.size()).isEqualTo(model.size());
      }
      assertThat(freed.keySet()).isEqualTo(model.keySet());
      assertThat(tree.first()).isZero();
      slabs.free(header, IdTree.HEADER_BYTES);
      slabs.close();
    }
  }

  private static void assertNeighbours(IdTree tree, TreeMap<Id, Long> model, Id id) {
    assertAt(tree.find(id.high(), id.low()), model.containsKey(id) ? id : null);
    assertAt(tree.ceiling(id.high(), id.low()), model.ceilingKey(id));
    assertAt(tree.floor(id.high(), id.low()), model.floorKey(id));
    Id floor = model.floorKey(id);
    if (floor != null) {
      assertAt(tree.next(), model.higherKey(floor));
    }
  }

  private static void assertAt(long element, Id expected) {
    assertThat(element == 0).isEqualTo(expected == null);
    if (element != 0) {
      assertThat(id(element)).isEqualTo(expected);
    }
  }

  private static void assertSame(IdTree tree, TreeMap<Id, Long> model, boolean values) {
    List<Map.Entry<Id, Long>> forwards = new ArrayList<>();
    for (long at = tree.first(); at != 0; at = tree.next()) {
      long value = values ? Region.getLong(IdTree.value(at)) : model.getOrDefault(id(at), -1L);
      forwards.add(Map.entry(id(at), value));
    }
    assertThat(forwards).containsExactlyElementsOf(model.entrySet());
    List<Id> backwards = new ArrayList<>();
    for (long at = tree.last(); at != 0; at = tree.previous()) {
      backwards.add(id(at));
    }
    assertThat(backwards).containsExactlyElementsOf(model.descendingKeySet());
  }

  @Test
  void ascendingIdsFillNodes() {
    Slabs slabs = CheckingSlabs.create();
    long header = slabs.allocateFar(IdTree.HEADER_BYTES);
    Region.zero(header, IdTree.HEADER_BYTES);
    IdTree tree = new IdTree(slabs, 0);
    tree.pointTo(header);
    long before = slabs.usedBytes();
    for (int i = 0; i < 100_000; i++) {
      tree.put(i, 0);
    }
    assertThat((slabs.usedBytes() - before) / 100_000).isLessThanOrEqualTo(17);
    // Acknowledgements remove from the front.
    for (int i = 0; i < 100_000; i++) {
      assertThat(IdTree.high(tree.first())).isEqualTo(i);
      tree.remove(i, 0);
    }
    assertThat(slabs.usedBytes()).isEqualTo(before);
    slabs.free(header, IdTree.HEADER_BYTES);
    slabs.close();
  }
}
