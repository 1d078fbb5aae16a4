package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class RankedTreeTest {
  private record Element(long key, long block) {}

  private static final Comparator<Element> ORDER =
      Comparator.comparingLong(Element::key).thenComparingLong(Element::block);

  @Test
  void behavesLikeATreeSet() {
    Random random = Seed.random("RankedTreeTest");
    for (int round = 0; round < 30; round++) {
      int keys = 1 + random.nextInt(2000);
      Slabs slabs = CheckingSlabs.create();
      RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
      tree.create();
      TreeSet<Element> model = new TreeSet<>(ORDER);
      for (int step = 0; step < 4000; step++) {
        boolean growing = step / 1000 % 2 == 0;
        Element element = new Element(random.nextInt(keys) - 10, 8L * (1 + random.nextInt(4)));
        if (random.nextInt(10) < (growing ? 8 : 2)) {
          assertThat(tree.insert(element.key(), element.block())).isEqualTo(model.add(element));
        } else {
          assertThat(tree.remove(element.key(), element.block())).isEqualTo(model.remove(element));
        }
        if (step % 500 == 499) {
          assertSame(tree, model);
        }
      }
      dismantle(tree);
      slabs.close();
    }
  }

  @Test
  void prependsLeavesToAnyTree() {
    Random random = Seed.random("RankedTreeTest.prepend");
    for (int round = 0; round < 60; round++) {
      Slabs slabs = CheckingSlabs.create();
      RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
      tree.create();
      TreeSet<Element> model = new TreeSet<>(ORDER);
      int most = round % 3 == 0 ? RankedTree.LEAF_ELEMENTS : 1 + random.nextInt(60);
      long[] keys = new long[RankedTree.LEAF_ELEMENTS];
      int[] references = new int[keys.length];
      Element first = new Element(1L << 40, 8L << 20);
      for (int batch = 0; batch < 100; batch++) {
        int count = Math.min(keys.length, most);
        for (int i = 0; i < count; i++) {
          boolean isTie = random.nextInt(4) == 0;
          first =
              isTie
                  ? new Element(first.key(), first.block() - 8)
                  : new Element(first.key() - 1 - random.nextInt(9), first.block());
          keys[i] = first.key();
          references[i] = Region.reference(first.block());
          model.add(first);
        }
        tree.prepend(keys, references, count);
        for (int i = random.nextInt(3); i > 0; i--) {
          Element other = new Element(first.key() + random.nextInt(1000), 8L << 21);
          assertThat(tree.insert(other.key(), other.block())).isEqualTo(model.add(other));
        }
        if (batch % 10 == 0) {
          assertSame(tree, model);
        }
      }
      assertSame(tree, model);
      while (!model.isEmpty()) {
        Element last = model.pollLast();
        assertThat(tree.remove(last.key(), last.block())).isTrue();
      }
      dismantle(tree);
      slabs.close();
    }
  }

  @Test
  void comparesOnlyBlocksOfTheTree() {
    Random random = Seed.random("RankedTreeTest");
    for (int round = 0; round < 10; round++) {
      Slabs slabs = CheckingSlabs.create();
      int keys = 1 + random.nextInt(300);
      Set<Integer> live = new HashSet<>();
      RankedTree tree =
          new RankedTree(
              slabs,
              (referenceA, referenceB) -> {
                assertThat(live.contains(referenceA)).as("block %d", referenceA).isTrue();
                return Integer.compareUnsigned(referenceA, referenceB);
              });
      tree.create();
      TreeSet<Element> model = new TreeSet<>(ORDER);
      for (int step = 0; step < 6000; step++) {
        boolean growing = step / 2000 % 2 == 0;
        Element element = new Element(random.nextInt(keys), 8L * (1 + random.nextInt(100_000)));
        if (model.isEmpty() || random.nextInt(10) < (growing ? 8 : 2)) {
          if (live.add(Region.reference(element.block()))) {
            tree.insert(element.key(), element.block());
            model.add(element);
          }
        } else if (random.nextInt(3) == 0) {
          changeSome(tree, model, random);
        } else {
          removeSome(tree, model, random, live);
        }
        if (step % 500 == 499) {
          assertSame(tree, model);
        }
      }
      dismantle(tree);
      slabs.close();
    }
  }

  private static void changeSome(RankedTree tree, TreeSet<Element> model, Random random) {
    long at = tree.select(random.nextInt(model.size()));
    Element old = new Element(RankedTree.key(at), RankedTree.block(at));
    Element changed = new Element(old.key() + random.nextInt(5) - 2, old.block());
    if (tree.changeInPlace(old.key(), old.block(), changed.key(), changed.block())) {
      model.remove(old);
      model.add(changed);
    }
  }

  private static void removeSome(
      RankedTree tree, TreeSet<Element> model, Random random, Set<Integer> live) {
    int rank = random.nextInt(model.size());
    if (random.nextBoolean()) {
      rank = Math.max(0, model.headSet(new Element(rank, 0)).size() - 1);
    }
    long at = tree.select(rank);
    Element element = new Element(RankedTree.key(at), RankedTree.block(at));
    if (random.nextBoolean()) {
      assertThat(tree.removeAt(rank)).isEqualTo(element.block());
    } else {
      assertThat(tree.remove(element.key(), element.block())).isTrue();
    }
    assertThat(model.remove(element)).isTrue();
    live.remove(Region.reference(element.block()));
  }

  private static void assertSame(RankedTree tree, TreeSet<Element> model) {
    assertWalks(tree, model);
    List<Element> found = new ArrayList<>();
    for (long rank = 0; rank < tree.size(); rank++) {
      long at = tree.select(rank);
      Element element = new Element(RankedTree.key(at), RankedTree.block(at));
      assertThat(tree.rank(element.key(), element.block())).isEqualTo(rank);
      found.add(element);
    }
    assertThat(found).containsExactlyElementsOf(model);
    assertThat(tree.select(tree.size())).isZero();
    assertThat(tree.first() == 0).isEqualTo(model.isEmpty());
  }

  private static void assertWalks(RankedTree tree, TreeSet<Element> model) {
    if (model.isEmpty()) {
      return;
    }
    long at = tree.seek(0);
    for (Element element : model) {
      assertThat(new Element(RankedTree.key(at), RankedTree.block(at))).isEqualTo(element);
      at = tree.next();
    }
    assertThat(at).isZero();
    at = tree.seek(tree.size() - 1);
    for (Element element : model.descendingSet()) {
      assertThat(new Element(RankedTree.key(at), RankedTree.block(at))).isEqualTo(element);
      at = tree.previous();
    }
    assertThat(at).isZero();
    for (long key = model.first().key() - 1; key < model.last().key() + 2; key += 7) {
      assertThat(tree.rank(key)).isEqualTo(model.headSet(new Element(key, 0)).size());
    }
  }

  @Test
  void wastesLittleWithRandomKeys() {
    Random random = Seed.random("RankedTreeTest");
    Slabs slabs = Slabs.create(shortage -> {});
    RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    long before = slabs.usedBytes();
    tree.create();
    for (int i = 0; i < 100_000; i++) {
      tree.insert(random.nextLong(), 8);
    }
    assertThat(tree.sizeBytes()).isEqualTo(slabs.usedBytes() - before);
    assertThat(tree.sizeBytes() / 100_000.0).isLessThan(15.5);
    dismantle(tree);
    slabs.close();
  }

  @Test
  void ascendingKeysFillNodes() {
    Slabs slabs = CheckingSlabs.create();
    RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    tree.create();
    long before = slabs.usedBytes();
    for (int i = 0; i < 100_000; i++) {
      tree.insert(i, 8);
    }
    assertThat((slabs.usedBytes() - before) / 100_000).isLessThanOrEqualTo(13);
    // Expiry removes from the front.
    for (int i = 0; i < 100_000; i++) {
      assertThat(RankedTree.key(tree.first())).isEqualTo(i);
      tree.remove(i, 8);
    }
    assertThat(tree.size()).isZero();
    dismantle(tree);
    slabs.close();
  }

  @Test
  void movingElementsAmongFullNodesNeedsLittleMemory() {
    Random random = Seed.random("RankedTreeTest");
    Slabs slabs = Slabs.create(shortage -> {});
    RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    tree.create();
    int size = 1_000_000;
    int spread = 10;
    for (int i = 0; i < size; i++) {
      tree.insert((long) i * spread, 8);
    }
    long reserved = slabs.reservedBytes();
    for (int i = 0; i < size; i++) {
      tree.removeAt(random.nextInt(size));
      tree.insert(random.nextLong((long) size * spread), 8L * (2 + i));
    }
    assertThat(tree.size()).isEqualTo(size);
    assertThat(slabs.reservedBytes()).isLessThan(reserved * 3 / 2);
    dismantle(tree);
    slabs.close();
  }

  @Test
  void randomRemovalsLeaveNoSparseNodes() {
    Random random = Seed.random("RankedTreeTest");
    Slabs slabs = CheckingSlabs.create();
    RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    tree.create();
    long[] keys = random.longs(50_000).distinct().toArray();
    for (long key : keys) {
      tree.insert(key, 8);
    }
    for (int i = 0; i < 49_000; i++) {
      assertThat(tree.remove(keys[i], 8)).isTrue();
    }
    assertThat(slabs.usedBytes()).isLessThan(tree.size() * 12 * 4);
    dismantle(tree);
    slabs.close();
  }

  @Test
  void aViewCanBeMovedToAnotherTree() {
    Slabs slabs = CheckingSlabs.create();
    RankedTree tree = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    tree.create();
    tree.insert(1, Region.GRANULE_BYTES);
    long one = tree.header();
    tree.create();
    tree.insert(2, Region.GRANULE_BYTES);
    tree.insert(3, Region.GRANULE_BYTES);
    long two = tree.header();
    tree.pointTo(one);
    assertThat(tree.size()).isEqualTo(1);
    dismantle(tree);
    tree.pointTo(two);
    assertThat(tree.size()).isEqualTo(2);
    dismantle(tree);
    slabs.close();
  }

  private static void dismantle(RankedTree tree) {
    while (tree.dismantle()) {
      assertThat(tree.header()).isNotZero();
    }
  }
}
