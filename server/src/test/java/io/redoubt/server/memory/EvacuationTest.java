package io.redoubt.server.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Memory under churn: sparse runs are evacuated, idle pages are returned to the system. */
final class EvacuationTest {
  private record Block(long address, int sizeBytes, boolean near) {}

  private final Random random = Seed.random("EvacuationTest");

  private Block allocate(Slabs slabs) {
    int size = 1 + random.nextInt(random.nextInt(20) == 0 ? 9000 : 400);
    boolean near = random.nextBoolean();
    long address = near ? slabs.allocate(size) : slabs.allocateFar(size);
    Region.fill(address, size, size);
    return new Block(address, size, near);
  }

  private static void assertFilled(Block block) {
    long last = block.address() + block.sizeBytes() - 1;
    assertThat(Region.getByte(block.address())).isEqualTo((byte) block.sizeBytes());
    assertThat(Region.getByte(last)).isEqualTo((byte) block.sizeBytes());
  }

  private static Block moved(Slabs slabs, Block block) {
    long to =
        block.near() ? slabs.allocate(block.sizeBytes()) : slabs.allocateFar(block.sizeBytes());
    Region.copy(block.address(), to, block.sizeBytes());
    slabs.free(block.address(), block.sizeBytes());
    return new Block(to, block.sizeBytes(), block.near());
  }

  private static void passTwice(Slabs slabs) {
    for (int pass = 0; pass < 2; pass++) {
      slabs.startPass();
      while (slabs.returnStep()) {
        // one extent at a time
      }
    }
  }

  /** Fills slabs, and frees all but a random share of the blocks. */
  private List<Block> sparse(Slabs slabs, int count, int keptOf10) {
    List<Block> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(allocate(slabs));
    }
    List<Block> kept = new ArrayList<>();
    for (Block block : all) {
      if (random.nextInt(10) < keptOf10) {
        kept.add(block);
      } else {
        slabs.free(block.address(), block.sizeBytes());
      }
    }
    return kept;
  }

  @Test
  void evacuationGathersSparseBlocks() {
    for (Slabs slabs : List.of(Slabs.create(shortage -> {}), CheckingSlabs.create())) {
      List<Block> blocks = sparse(slabs, 60_000, 2);
      passTwice(slabs);
      double before = (double) slabs.activeBytes() / slabs.usedBytes();
      assertThat(slabs.startEvacuation()).isPositive();
      for (int i = 0; i < blocks.size(); i++) {
        Block block = blocks.get(i);
        if (slabs.isEvacuated(block.address(), block.sizeBytes())) {
          blocks.set(i, moved(slabs, block));
          assertThat(slabs.isEvacuated(blocks.get(i).address(), block.sizeBytes())).isFalse();
        }
      }
      slabs.endEvacuation();
      passTwice(slabs);
      double after = (double) slabs.activeBytes() / slabs.usedBytes();
      assertThat(before).isGreaterThan(2);
      assertThat(after).isLessThan(before * 0.75);
      blocks.forEach(EvacuationTest::assertFilled);
      blocks.forEach(block -> slabs.free(block.address(), block.sizeBytes()));
      slabs.close();
      assertThat(slabs.activeBytes()).isZero();
    }
  }

  @Test
  void runsUnderEvacuationAreUsedAgainIfASizeHasNoOtherRoom() {
    Slabs slabs = Slabs.create(shortage -> {});
    List<Block> blocks = sparse(slabs, 20_000, 3);
    slabs.startEvacuation();
    // Without evacuation, each size needs more memory than the other runs have room for.
    for (int i = 0; i < 30_000; i++) {
      blocks.add(allocate(slabs));
    }
    slabs.endEvacuation();
    blocks.forEach(EvacuationTest::assertFilled);
    blocks.forEach(block -> slabs.free(block.address(), block.sizeBytes()));
    assertThat(slabs.usedBytes()).isZero();
    slabs.trim();
    assertThat(slabs.reservedBytes()).isZero();
  }

  @Test
  void blocksMayBeFreedDuringAnEvacuation() {
    Slabs slabs = CheckingSlabs.create();
    List<Block> blocks = sparse(slabs, 20_000, 4);
    slabs.startEvacuation();
    for (int step = 0; step < 30_000 && !blocks.isEmpty(); step++) {
      int index = random.nextInt(blocks.size());
      Block block = blocks.get(index);
      switch (random.nextInt(3)) {
        case 0 -> blocks.add(allocate(slabs));
        case 1 -> {
          slabs.free(block.address(), block.sizeBytes());
          blocks.set(index, blocks.getLast());
          blocks.removeLast();
        }
        default -> {
          if (slabs.isEvacuated(block.address(), block.sizeBytes())) {
            blocks.set(index, moved(slabs, block));
          }
        }
      }
      if (step % 10_000 == 9_999) {
        slabs.startEvacuation(); // a second time, without an end
        passTwice(slabs);
      }
    }
    slabs.endEvacuation();
    blocks.forEach(EvacuationTest::assertFilled);
    blocks.forEach(block -> slabs.free(block.address(), block.sizeBytes()));
    slabs.close();
    assertThat(slabs.reservedBytes()).isZero();
  }

  @Test
  void pagesAreGivenBackOnlyWhenTheyStayFree() {
    Slabs slabs = Slabs.create(shortage -> {});
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      long address = slabs.allocateFar(64 << 10);
      Region.fill(address, 64 << 10, 1);
      blocks.add(new Block(address, 64 << 10, false));
    }
    passTwice(slabs);
    long full = slabs.activeBytes();
    for (int i = 0; i < blocks.size(); i += 2) {
      slabs.free(blocks.get(i).address(), 64 << 10);
    }
    slabs.startPass();
    while (slabs.returnStep()) {
      // the pages were in use during the previous pass
    }
    assertThat(slabs.activeBytes()).isEqualTo(full);
    passTwice(slabs);
    assertThat(slabs.activeBytes()).isEqualTo(full - 20 * (64L << 10));
    assertThat(Region.getLong(blocks.get(2).address())).isZero();
    long again = slabs.allocateFar(64 << 10);
    assertThat(slabs.activeBytes()).isEqualTo(full - 19 * (64L << 10));
    slabs.free(again, 64 << 10);
    for (int i = 1; i < blocks.size(); i += 2) {
      assertThat(Region.getByte(blocks.get(i).address())).isEqualTo((byte) 1);
      slabs.free(blocks.get(i).address(), 64 << 10);
    }
    passTwice(slabs);
    assertThat(slabs.activeBytes()).isZero();
    assertThat(slabs.reservedBytes()).isZero();
  }

  @Test
  void sizesThatAreRareTakeFewPages() {
    Slabs slabs = Slabs.create(shortage -> {});
    List<Block> blocks = new ArrayList<>();
    for (int size = 8; size <= 2048; size += 8) {
      for (int i = 0; i < 100; i++) {
        blocks.add(new Block(slabs.allocate(size), size, true));
      }
    }
    passTwice(slabs);
    assertThat((double) slabs.activeBytes() / slabs.usedBytes()).isLessThan(1.2);
    blocks.forEach(block -> slabs.free(block.address(), block.sizeBytes()));
    slabs.close();
  }
}
