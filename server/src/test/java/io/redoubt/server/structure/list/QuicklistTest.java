package io.redoubt.server.structure.list;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.redoubt.persistence.packed.ListpackCheck;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class QuicklistTest {
  private static final int[] LIMITS = {-5, -2, -1, 1, 2, 5, 40};
  private static final int[] DEPTHS = {0, 0, 1, 2, 3};
  private static final int PLAIN_BYTES = 3000;

  private final Random random = Seed.random("QuicklistTest");

  @Test
  void behavesLikeAList() {
    for (int round = 0; round < 30; round++) {
      try (Slabs slabs = CheckingSlabs.create();
          ListCursor cursor = new ListCursor(slabs)) {
        Quicklist lists = new Quicklist(slabs);
        lists.setPlainBytes(PLAIN_BYTES);
        long root = lists.create(pick(LIMITS), pick(DEPTHS));
        List<String> model = new ArrayList<>();
        int most = 1 + random.nextInt(600);
        for (int step = 0; step < 1200; step++) {
          step(slabs, lists, root, model, most);
          assertThat(QuicklistRoot.count(root)).isEqualTo(model.size());
          if (step % 60 == 0) {
            assertSame(cursor, root, model);
          }
        }
        long copy = lists.copy(root);
        assertSame(cursor, root, model);
        assertThat(lists.sizeBytes(copy, 0)).isPositive();
        dismantle(lists, root);
        assertSame(cursor, copy, model);
        dismantle(lists, copy);
      }
    }
  }

  private void step(Slabs slabs, Quicklist lists, long root, List<String> model, int most) {
    int size = model.size();
    if (size == 0 || (size < most && random.nextInt(8) > 0 && random.nextBoolean())) {
      grow(slabs, lists, root, model);
      return;
    }
    int index = random.nextInt(size);
    switch (random.nextInt(size > most ? 4 : 7)) {
      case 0 -> {
        lists.remove(root, 0, 1);
        model.removeFirst();
      }
      case 1 -> {
        lists.remove(root, size - 1L, 1);
        model.removeLast();
      }
      case 2 -> {
        int count = 1 + random.nextInt(Math.min(size - index, 1 + random.nextInt(60)));
        lists.remove(root, index, count);
        model.subList(index, index + count).clear();
      }
      case 3 -> {
        String element = model.get(index);
        int count = 1 + random.nextInt(4);
        boolean fromTail = random.nextBoolean();
        try (RegionArgument bytes = RegionArgument.of(slabs, element)) {
          long removed = lists.removeEqual(root, bytes.address(), bytes.length(), count, fromTail);
          assertThat(removed).isEqualTo(removeEqual(model, element, count, fromTail));
        }
      }
      default -> {
        String element = element();
        try (RegionArgument bytes = RegionArgument.of(slabs, element)) {
          lists.set(root, index, bytes.address(), bytes.length());
          model.set(index, element);
        }
      }
    }
  }

  private void grow(Slabs slabs, Quicklist lists, long root, List<String> model) {
    String element = element();
    try (RegionArgument bytes = RegionArgument.of(slabs, element)) {
      switch (random.nextInt(3)) {
        case 0 -> {
          lists.pushHead(root, bytes.address(), bytes.length());
          model.addFirst(element);
        }
        case 1 -> {
          lists.pushTail(root, bytes.address(), bytes.length());
          model.addLast(element);
        }
        default -> {
          int index = random.nextInt(model.size() + 1);
          lists.insert(root, index, bytes.address(), bytes.length());
          model.add(index, element);
        }
      }
    }
  }

  private static int removeEqual(List<String> model, String element, int count, boolean fromTail) {
    int removed = 0;
    for (int index = model.indexOf(element); index >= 0 && removed < count; removed++) {
      model.remove(fromTail ? model.lastIndexOf(element) : index);
      index = model.indexOf(element);
    }
    return removed;
  }

  private int pick(int[] values) {
    return values[random.nextInt(values.length)];
  }

  private String element() {
    return switch (random.nextInt(6)) {
      case 0 -> String.valueOf(random.nextLong() >> random.nextInt(64));
      case 1 -> String.valueOf(random.nextInt(20));
      case 2 -> noise(random.nextInt(100));
      case 3 -> "a".repeat(random.nextInt(40));
      case 4 -> random.nextInt(8) == 0 ? noise(random.nextInt(9000)) : "";
      default -> "user:" + random.nextInt(1000) + ":session";
    };
  }

  private String noise(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private void assertSame(ListCursor cursor, long root, List<String> model) {
    List<String> forwards = new ArrayList<>();
    for (boolean on = cursor.openQuicklist(root, 0); on; on = cursor.next()) {
      forwards.add(text(cursor));
    }
    assertThat(forwards).isEqualTo(model);
    List<String> backwards = new ArrayList<>();
    for (boolean on = cursor.openQuicklist(root, -1); on; on = cursor.previous()) {
      backwards.add(text(cursor));
    }
    assertThat(backwards).isEqualTo(model.reversed());
    assertThat(cursor.openQuicklist(root, model.size())).isFalse();
    assertThat(cursor.openQuicklist(root, -model.size() - 1L)).isFalse();
    if (!model.isEmpty()) {
      int index = random.nextInt(model.size());
      assertThat(cursor.openQuicklist(root, index)).isTrue();
      assertThat(text(cursor)).isEqualTo(model.get(index));
    }
    assertNodes(root);
  }

  /**
   * Asserts that the inner nodes are compressed where possible, the ends are not, and no node is
   * too large.
   */
  private static void assertNodes(long root) {
    long nodes = QuicklistRoot.nodes(root);
    int depth = QuicklistRoot.depth(root);
    long index = 0;
    long elements = 0;
    for (long node = QuicklistRoot.head(root); node != 0; node = QuicklistNode.after(node)) {
      boolean inner = depth > 0 && index >= depth && index < nodes - depth;
      if (!inner) {
        assertThat(QuicklistNode.isCompressed(node)).isFalse();
      } else if (QuicklistNode.sizeBytes(node) >= 48) {
        assertThat(QuicklistNode.isCompressed(node) || QuicklistNode.isIncompressible(node))
            .isTrue();
      }
      assertThat(QuicklistNode.count(node)).isPositive();
      long data = QuicklistNode.data(node);
      long sizeBytes = QuicklistNode.sizeBytes(node);
      if (!QuicklistNode.isCompressed(node) && !QuicklistNode.isPlain(node)) {
        assertThatCode(() -> ListpackCheck.validate(Region.MEMORY, data, sizeBytes))
            .doesNotThrowAnyException();
      }
      elements += QuicklistNode.count(node);
      index++;
    }
    assertThat(index).isEqualTo(nodes);
    assertThat(elements).isEqualTo(QuicklistRoot.count(root));
  }

  private static String text(ListCursor cursor) {
    if (cursor.isInteger()) {
      byte[] digits = new byte[Numbers.MAX_LONG_LENGTH + Long.BYTES];
      int length = Numbers.writeLong(MemorySegment.ofArray(digits), 0, cursor.integer());
      return new String(digits, 0, length, StandardCharsets.ISO_8859_1);
    }
    byte[] bytes = Region.toByteArray(cursor.address(), cursor.length());
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static void dismantle(Quicklist lists, long root) {
    while (lists.dismantle(root)) {
      // step by step
    }
  }

  @Test
  void limitsNodesLikeRedis() {
    assertThat(QuicklistRoot.exceeds(-1, 4096, 1)).isFalse();
    assertThat(QuicklistRoot.exceeds(-1, 4097, 1)).isTrue();
    assertThat(QuicklistRoot.exceeds(-5, 65536, 40_000)).isFalse();
    assertThat(QuicklistRoot.exceeds(-6, 65537, 1)).isTrue();
    assertThat(QuicklistRoot.exceeds(0, 10, 1)).isFalse();
    assertThat(QuicklistRoot.exceeds(0, 10, 2)).isTrue();
    assertThat(QuicklistRoot.exceeds(128, 8192, 128)).isFalse();
    assertThat(QuicklistRoot.exceeds(128, 8193, 1)).isTrue();
    assertThat(QuicklistRoot.exceeds(128, 10, 129)).isTrue();
  }
}
