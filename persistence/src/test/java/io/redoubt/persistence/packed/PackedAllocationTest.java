package io.redoubt.persistence.packed;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that walking, finding and editing in place allocate nothing on the Java heap. */
@Tag("optimized")
class PackedAllocationTest {

  private static final int ROUNDS = 20_000;

  /**
   * The allowance for a round of all operations: the bean itself and compilation transitions
   * allocate a little.
   */
  private static final double ALLOWED_BYTES = 1;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private void assertAllocatesNothing(String what, Runnable round) {
    for (int i = 0; i < 2 * ROUNDS; i++) {
      round.run();
    }
    double least = Double.MAX_VALUE;
    for (int attempt = 0; attempt < 5 && least > ALLOWED_BYTES; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < ROUNDS; i++) {
        round.run();
      }
      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      least = Math.min(least, (double) bytes / ROUNDS);
    }
    assertThat(least).as(what + ": bytes a round").isLessThanOrEqualTo(ALLOWED_BYTES);
  }

  private long sum;

  @Test
  void allocatesNothing() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(1 << 12);
      MemorySegment sought = arena.allocateFrom("field:9");
      byte[] list = Packs.listpack(List.of("field:1", "1", "field:5", "70000", "field:9", "-5"));
      byte[] set = Packs.intset(LongStream.range(0, 100).map(n -> 3 * n).boxed().toList());
      MemorySegment.copy(MemorySegment.ofArray(list), 0, memory, 0, list.length);
      long intset = 2048;
      MemorySegment.copy(MemorySegment.ofArray(set), 0, memory, intset, set.length);
      assertAllocatesNothing(
          "walk",
          () -> {
            for (long at = Listpack.first(memory, 0);
                at != Listpack.NONE;
                at = Listpack.next(memory, at)) {
              sum +=
                  Listpack.isInteger(memory, at)
                      ? Listpack.integer(memory, at)
                      : Listpack.bytesAt(memory, at) + Listpack.bytesLength(memory, at);
            }
            for (long at = Listpack.last(memory, 0);
                at != Listpack.NONE;
                at = Listpack.previous(memory, 0, at)) {
              sum += at;
            }
            sum += Listpack.at(memory, 0, -2);
          });
      assertAllocatesNothing(
          "find", () -> sum += Listpack.find(memory, Listpack.firstPosition(0), sought, 0, 7, 1));
      assertAllocatesNothing(
          "edit",
          () -> {
            long entry = Listpack.append(memory, 0, sought, 0, 7, memory, 0);
            Listpack.replace(memory, 0, entry, sum, memory, 0);
            Listpack.delete(memory, 0, entry, 1, memory, 0);
          });
      assertAllocatesNothing(
          "intset",
          () -> {
            sum += Intset.find(memory, intset, 30);
            Intset.add(memory, intset, 31, memory, intset);
            Intset.remove(memory, intset, 31, memory, intset);
          });
      assertThat(Packs.bytes(memory, 0, Listpack.sizeBytes(memory, 0))).isEqualTo(list);
      assertThat(sum).isNotZero();
    }
  }
}
