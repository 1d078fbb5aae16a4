package io.redoubt.server.replication.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BacklogTest {
  private final CountedMemory memory = new CountedMemory();

  @Test
  void keepsTheLastBytesOfItsSize() {
    try (Backlog backlog = new Backlog(memory, 20_000, 1)) {
      assertThat(backlog.historyBytes()).isZero();
      assertThat(backlog.firstOffset()).isEqualTo(1);
      byte[] stream = random(200_000, 1);
      append(backlog, stream, 0, 98);
      assertThat(backlog.firstOffset()).isEqualTo(1);
      assertThat(backlog.historyBytes()).isEqualTo(98);
      append(backlog, stream, 98, 200_000 - 98);
      assertThat(backlog.nextOffset()).isEqualTo(200_001);
      assertThat(backlog.historyBytes()).isEqualTo(20_000);
      assertThat(backlog.firstOffset()).isEqualTo(180_001);
      assertThat(read(backlog, 180_001, 30_000))
          .isEqualTo(Arrays.copyOfRange(stream, 180_000, 200_000));
    }
    assertThat(memory.held).isZero();
  }

  @Test
  void knowsItsRange() {
    try (Backlog backlog = new Backlog(memory, 16_384, 51)) {
      assertThat(backlog.reaches(50)).isFalse();
      assertThat(backlog.reaches(51)).isTrue();
      assertThat(backlog.reaches(52)).isFalse();
      append(backlog, new byte[20_000], 0, 20_000);
      assertThat(backlog.reaches(backlog.firstOffset() - 1)).isFalse();
      assertThat(backlog.reaches(backlog.firstOffset())).isTrue();
      assertThat(backlog.reaches(20_051)).isTrue();
      assertThat(backlog.reaches(20_052)).isFalse();
      assertThatThrownBy(() -> read(backlog, 51, 1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void keepsRetainedBytesBeyondItsSize() {
    byte[] stream = random(1_000_000, 2);
    try (Backlog backlog = new Backlog(memory, 16_384, 1)) {
      append(backlog, stream, 0, 10_000);
      backlog.retainFrom(10_001);
      append(backlog, stream, 10_000, 990_000);
      assertThat(backlog.firstOffset()).isEqualTo(10_001);
      assertThat(read(backlog, 10_001, 990_000))
          .isEqualTo(Arrays.copyOfRange(stream, 10_000, 1_000_000));
      backlog.retainFrom(500_001);
      assertThat(backlog.firstOffset()).isEqualTo(500_001);
      backlog.retainFrom(Backlog.NOBODY);
      assertThat(backlog.historyBytes()).isEqualTo(16_384);
      assertThat(backlog.reservedBytes()).isLessThanOrEqualTo(2 * Backlog.BLOCK_BYTES);
      assertThat(memory.held).isEqualTo(backlog.reservedBytes());
    }
  }

  @Test
  void doesNotRestoreDiscardedBytes() {
    try (Backlog backlog = new Backlog(memory, 16_384, 1)) {
      append(backlog, new byte[100_000], 0, 100_000);
      long first = backlog.firstOffset();
      backlog.retainFrom(1);
      assertThat(backlog.firstOffset()).isEqualTo(first);
    }
  }

  @Test
  void keepsTheLatestBytesWhenResized() {
    byte[] stream = random(400_000, 3);
    try (Backlog backlog = new Backlog(memory, 200_000, 1)) {
      append(backlog, stream, 0, 300_000);
      backlog.resize(50_000);
      assertThat(backlog.historyBytes()).isEqualTo(50_000);
      assertThat(read(backlog, 250_001, 50_000))
          .isEqualTo(Arrays.copyOfRange(stream, 250_000, 300_000));
      backlog.resize(150_000);
      assertThat(backlog.historyBytes()).isEqualTo(50_000);
      append(backlog, stream, 300_000, 100_000);
      assertThat(backlog.historyBytes()).isEqualTo(150_000);
      assertThat(read(backlog, 250_001, 150_000))
          .isEqualTo(Arrays.copyOfRange(stream, 250_000, 400_000));
      backlog.resize(1);
      assertThat(backlog.sizeBytes()).isEqualTo(Backlog.MINIMUM_SIZE_BYTES);
    }
  }

  @Test
  void agreesWithAPlainArrayUnderRandomUse() {
    Random random = Seed.random("BacklogTest");
    byte[] stream = random(3_000_000, 4);
    int written = 0;
    long retained = Backlog.NOBODY;
    long size = 16_384;
    long expectedFirst = 1;
    try (Backlog backlog = new Backlog(memory, size, 1)) {
      while (written < stream.length) {
        int length =
            Math.min(random.nextInt(random.nextBoolean() ? 40 : 200_000), 3_000_000 - written);
        append(backlog, stream, written, length);
        written += length;
        expectedFirst = Math.max(expectedFirst, Math.min(written + 1 - size, retained));
        switch (random.nextInt(6)) {
          case 0 -> {
            retained = written + 1 - random.nextLong(backlog.historyBytes() + 1);
            backlog.retainFrom(retained);
          }
          case 1 -> {
            retained = Backlog.NOBODY;
            backlog.retainFrom(retained);
          }
          case 2 -> {
            size = 16_384 + random.nextInt(500_000);
            backlog.resize(size);
          }
          default -> {
            // Only the append.
          }
        }
        expectedFirst = Math.max(expectedFirst, Math.min(written + 1 - size, retained));
        assertThat(backlog.firstOffset()).isEqualTo(expectedFirst);
        long from = expectedFirst + random.nextLong(backlog.historyBytes() + 1);
        int most = random.nextInt(300_000);
        int until = (int) Math.min(written, from - 1 + most);
        assertThat(read(backlog, from, most))
            .isEqualTo(Arrays.copyOfRange(stream, (int) from - 1, until));
      }
    }
    assertThat(memory.held).isZero();
  }

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    Seed.from(seed).nextBytes(bytes);
    return bytes;
  }

  private static void append(Backlog backlog, byte[] bytes, int from, int length) {
    backlog.append(MemorySegment.ofArray(bytes), from, length);
  }

  private static byte[] read(Backlog backlog, long offset, int most) {
    byte[] target = new byte[most + 3];
    int read = (int) backlog.read(offset, MemorySegment.ofArray(target), 3, most);
    return Arrays.copyOfRange(target, 3, 3 + read);
  }

  private static final class CountedMemory implements BufferMemory {
    private final BufferMemory memory = BufferMemory.offHeap();
    private long held;

    @Override
    public Block allocate(long sizeBytes) {
      held += sizeBytes;
      return memory.allocate(sizeBytes);
    }

    @Override
    public void free(Block block) {
      held -= block.sizeBytes();
      memory.free(block);
    }
  }
}
