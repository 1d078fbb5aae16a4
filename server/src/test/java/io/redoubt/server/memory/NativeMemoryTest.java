package io.redoubt.server.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class NativeMemoryTest {
  private static final long ALIGNMENT_BYTES = 2 << 20;

  @Test
  void halvesAReservationUntilTheKernelGrantsIt() {
    NativeMemory reserved = NativeMemory.reserve(1L << 60, 4 * ALIGNMENT_BYTES, ALIGNMENT_BYTES);
    assertThat(reserved.memory().byteSize()).isBetween(4 * ALIGNMENT_BYTES, 1L << 48);
    assertGood(reserved);
  }

  @Test
  void fallsBackToPlainMemoryWithoutMmap() {
    NativeMemory plain = NativeMemory.plain(4 * ALIGNMENT_BYTES, ALIGNMENT_BYTES);
    assertThat(plain.memory().byteSize()).isEqualTo(4 * ALIGNMENT_BYTES);
    assertGood(plain);
  }

  private static void assertGood(NativeMemory reserved) {
    MemorySegment memory = reserved.memory();
    assertThat(memory.address() % ALIGNMENT_BYTES).isZero();
    memory.set(ValueLayout.JAVA_LONG, 8, 42);
    memory.set(ValueLayout.JAVA_LONG, ALIGNMENT_BYTES + 8, 43);
    reserved.adviseHugePages();
    reserved.release(0, ALIGNMENT_BYTES);
    assertThat(memory.get(ValueLayout.JAVA_LONG, 8)).isZero();
    assertThat(memory.get(ValueLayout.JAVA_LONG, ALIGNMENT_BYTES + 8)).isEqualTo(43);
  }
}
