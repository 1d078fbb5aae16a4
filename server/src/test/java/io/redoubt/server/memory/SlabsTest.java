package io.redoubt.server.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class SlabsTest {
  private record Block(long address, long sizeBytes, int mark) {}

  @Test
  void blocksDoNotOverlap() {
    Random random = Seed.random("SlabsTest");
    for (Slabs slabs : List.of(Slabs.create(shortage -> {}), CheckingSlabs.create())) {
      List<Block> blocks = new ArrayList<>();
      TreeMap<Long, Long> ends = new TreeMap<>();
      for (int step = 0; step < 20_000; step++) {
        boolean growing = step / 5000 % 2 == 0;
        if (random.nextInt(10) < (growing ? 7 : 3) || blocks.isEmpty()) {
          long size = randomSize(random);
          boolean near = random.nextBoolean();
          long address = near ? slabs.allocate(size) : slabs.allocateFar(size);
          assertThat(Region.isNear(address)).isEqualTo(near);
          if (near) {
            assertThat(Region.address(Region.reference(address))).isEqualTo(address);
          }
          Long before = ends.floorKey(address);
          assertThat(before == null || ends.get(before) <= address).isTrue();
          Long after = ends.ceilingKey(address);
          assertThat(after == null || after >= address + size).isTrue();
          ends.put(address, address + size);
          Block block = new Block(address, size, random.nextInt());
          mark(block);
          blocks.add(block);
        } else {
          Block block = blocks.set(random.nextInt(blocks.size()), blocks.getLast());
          blocks.removeLast();
          assertMarked(block);
          ends.remove(block.address());
          slabs.free(block.address(), block.sizeBytes());
        }
        assertThat(slabs.liveBlocks()).isEqualTo(blocks.size());
      }
      for (Block block : blocks) {
        assertMarked(block);
        slabs.free(block.address(), block.sizeBytes());
      }
      assertThat(slabs.usedBytes()).isZero();
      slabs.trim();
      assertThat(slabs.reservedBytes()).isZero();
      slabs.close();
    }
  }

  private static long randomSize(Random random) {
    return switch (random.nextInt(40)) {
      case 0 -> 1 + random.nextInt(3 << 20);
      case 1, 2 -> 1 + random.nextInt(100_000);
      case 3, 4, 5 -> 1 + random.nextInt(5000);
      default -> 1 + random.nextInt(200);
    };
  }

  private static void mark(Block block) {
    Region.fill(block.address(), block.sizeBytes(), block.mark());
  }

  private static void assertMarked(Block block) {
    long last = block.address() + block.sizeBytes() - 1;
    assertThat(Region.getByte(block.address())).isEqualTo((byte) block.mark());
    assertThat(Region.getByte(last)).isEqualTo((byte) block.mark());
  }

  @Test
  void wastesAtMostSevenBytesOrASixteenth() {
    Slabs slabs = Slabs.create(shortage -> {});
    for (int size = 1; size <= 2 << 20; size += 1 + size / 100) {
      long wasted = slabs.blockBytes(size) - size;
      assertThat(wasted).isNotNegative();
      if (size <= 1 << 20) {
        assertThat(wasted).isLessThan(Math.max(8, size / 8));
      }
      if (size <= 256 || (size <= 32 << 10)) {
        assertThat(wasted).isLessThanOrEqualTo(Math.max(7, size / 16));
      }
      assertThat(slabs.blockBytes(slabs.blockBytes(size))).isEqualTo(slabs.blockBytes(size));
    }
  }

  @Test
  void countsUsedAndReservedBytes() {
    Slabs slabs = Slabs.create(shortage -> {});
    List<Long> blocks = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      blocks.add(slabs.allocate(88));
    }
    assertThat(slabs.usedBytes()).isEqualTo(8_800_000);
    assertThat(slabs.reservedBytes()).isBetween(slabs.usedBytes(), slabs.usedBytes() * 12 / 10);
    blocks.forEach(block -> slabs.free(block, 88));
    assertThat(slabs.usedBytes()).isZero();
    // Some extents remain, for the next blocks.
    assertThat(slabs.reservedBytes()).isLessThanOrEqualTo(16L * Region.EXTENT_BYTES);
    slabs.close();
    assertThat(slabs.reservedBytes()).isZero();
  }

  @Test
  void keepsEmptyExtentsUntilTheyAreIdle() {
    Slabs slabs = Slabs.create(shortage -> {});
    for (int size : new int[] {100_000, 1_000_000, 1 << 20, (1 << 20) + 50, 2 << 20}) {
      List<Long> blocks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        blocks.add(slabs.allocateFar(size));
        Region.putLong(blocks.get(i), -1);
      }
      long reserved = slabs.reservedBytes();
      blocks.forEach(block -> slabs.free(block, size));
      assertThat(slabs.reservedBytes()).as("%d", size).isEqualTo(reserved);
      long again = slabs.allocateFar(size);
      assertThat(Region.getLong(again)).as("a page that was not cleared").isEqualTo(-1);
      slabs.free(again, size);
      for (int pass = 0; pass < 2; pass++) {
        slabs.startPass();
        while (slabs.returnStep()) {
          // until the pass is over
        }
      }
      assertThat(slabs.reservedBytes()).as("%d", size).isZero();
    }
    slabs.close();
  }

  @Test
  void zeroesLargeBlocksAndFreesThemInSteps() {
    Slabs slabs = Slabs.create(shortage -> {});
    long size = 40L << 20;
    for (int round = 0; round < 2; round++) {
      long address = slabs.allocateFar(size);
      for (long at = 0; at < size; at += 4096) {
        assertThat(Region.getLong(address + at)).isZero();
        Region.putLong(address + at, -1);
      }
      long left = size;
      int steps = 0;
      while (left > 0) {
        left = slabs.freeStep(address, left, 8 << 20);
        steps++;
        assertThat(slabs.usedBytes()).isEqualTo(left);
      }
      assertThat(steps).isEqualTo(5);
    }
    slabs.close();
  }

  @Test
  void sharesTheRegionBetweenServersOfAProcess() {
    Slabs a = CheckingSlabs.create();
    Slabs b = CheckingSlabs.create();
    long ofA = a.allocate(100);
    long ofB = b.allocate(100);
    assertThat(ofA).isNotEqualTo(ofB);
    a.free(ofA, 100);
    b.free(ofB, 100);
    a.close();
    b.close();
  }

  @Test
  void allocatesBuffersFromTheRegion() {
    Slabs slabs = CheckingSlabs.create();
    SlabBuffers buffers = new SlabBuffers(slabs);
    BufferMemory.Block block = buffers.allocate(16_000);
    assertThat(block.memory()).isSameAs(Region.MEMORY);
    assertThat(block.sizeBytes()).isGreaterThanOrEqualTo(16_000);
    Region.fill(block.offset(), block.sizeBytes(), 7);
    assertThat(buffers.usedBytes()).isEqualTo(block.sizeBytes());
    buffers.free(block);
    assertThat(buffers.usedBytes()).isZero();
    slabs.close();
  }

  @Test
  void detectsMisuseInCheckingMode() {
    Slabs slabs = CheckingSlabs.create();
    long freed = slabs.allocate(40);
    slabs.free(freed, 40);
    assertThatThrownBy(() -> slabs.free(freed, 40)).hasMessageContaining("freed twice");

    long wrong = slabs.allocate(40);
    assertThatThrownBy(() -> slabs.free(wrong, 48)).hasMessageContaining("freed as one of 48");

    long beyond = slabs.allocate(40);
    Region.putByte(beyond + 40, 1);
    assertThatThrownBy(() -> slabs.free(beyond, 40)).hasMessageContaining("written beyond");

    long late = slabs.allocate(3000);
    slabs.free(late, 3000);
    Region.putByte(late + 1000, 1);
    assertThatThrownBy(() -> slabs.allocate(3000)).hasMessageContaining("after it was freed");

    Slabs leaking = CheckingSlabs.create();
    leaking.allocate(40);
    assertThatThrownBy(leaking::close).hasMessageContaining("1 blocks not freed");
  }

  /** A block that is pinned is freed by its last unpin, whatever else is pinned and freed. */
  @Test
  void keepsPinnedBlocks() {
    Random random = Seed.random("SlabsTest");
    Slabs slabs = CheckingSlabs.create();
    List<Block> blocks = new ArrayList<>();
    List<Block> pins = new ArrayList<>();
    for (int step = 0; step < 20_000; step++) {
      switch (random.nextInt(step < 10_000 ? 4 : 6)) {
        case 0, 1 -> {
          long size = randomSize(random);
          Block block = new Block(slabs.allocateFar(size), size, random.nextInt());
          mark(block);
          blocks.add(block);
        }
        case 2 -> {
          if (!blocks.isEmpty()) {
            Block block = blocks.get(random.nextInt(blocks.size()));
            slabs.pin(block.address());
            pins.add(block);
          }
        }
        case 3, 4 -> {
          if (!blocks.isEmpty()) {
            Block block = blocks.remove(random.nextInt(blocks.size()));
            assertThat(slabs.isPinned(block.address())).isEqualTo(pins.contains(block));
            slabs.free(block.address(), block.sizeBytes());
          }
        }
        default -> {
          if (!pins.isEmpty()) {
            Block block = pins.remove(random.nextInt(pins.size()));
            assertMarked(block);
            slabs.unpin(block.address());
          }
        }
      }
      if (step % 100 == 0) {
        Set<Block> inUse = new HashSet<>(blocks);
        inUse.addAll(pins);
        assertThat(slabs.liveBlocks()).isEqualTo(inUse.size());
      }
    }
    blocks.forEach(block -> slabs.free(block.address(), block.sizeBytes()));
    pins.forEach(block -> {
      assertMarked(block);
      slabs.unpin(block.address());
    });
    assertThat(slabs.usedBytes()).isZero();
    slabs.close();
  }

  @Test
  void noticesThatAPinnedBlockIsFreedTwice() {
    Slabs slabs = Slabs.create(shortage -> {});
    long block = slabs.allocateFar(20_000);
    slabs.pin(block);
    slabs.free(block, 20_000);
    assertThatThrownBy(() -> slabs.free(block, 20_000)).isInstanceOf(IllegalStateException.class);
    slabs.unpin(block);
    assertThat(slabs.usedBytes()).isZero();
  }
}
