package io.redoubt.server.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.os.LibraryFunction;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Calls the allocator as Lua does, with the machine code and without it, and compares contents,
 * counts and refusals with a model. {@code -Dredoubt.calls=10000000} searches longer.
 */
final class LuaHeapTest {
  private static final int CALLS = Integer.getInteger("redoubt.calls", 200_000);

  private static final long LIMIT_BYTES = 2 << 20;
  private static final long SHORTAGE_BYTES = 1 << 20;
  private static final long MUCH_BYTES = 16 << 20;
  private static final long MAX_FREE_BYTES = 4 << 20;

  /** Checked slabs that are short of memory on demand. */
  private static final class ScarceSlabs extends CheckingSlabs {
    private boolean scarce;

    ScarceSlabs() {
      super(shortage -> {});
    }

    @Override
    public boolean isShort() {
      return scarce;
    }
  }

  /** A block in use, filled with a byte. */
  private record Block(long address, int sizeBytes, byte content) {}

  private final Arena arena = Arena.ofShared();
  private final Random random = Seed.random("LuaHeapTest");
  private final ScarceSlabs slabs = new ScarceSlabs();
  private final long base = Region.MEMORY.address();
  private LuaHeap heap;
  private Allocator allocator;

  // The model.
  private final List<Block> blocks = new ArrayList<>();
  private final TreeMap<Long, Integer> sizes = new TreeMap<>();
  private long usedBytes;
  private long collectedBytes;
  private long sinceTickBytes;
  private boolean limited;
  private int hurries;

  private int hurried;
  private int refusals;

  /** The lua_Alloc function of a heap. */
  private record Allocator(MethodHandle handle, long argument) {
    long call(long block, long oldSize, long newSize) throws Throwable {
      return (long) handle.invokeExact(argument, block, oldSize, newSize, 0L, 0L);
    }
  }

  @BeforeEach
  void loadLua() {
    LuaLibrary.load();
  }

  private void make(Slabs memory, boolean withCode) {
    assumeTrue(!withCode || AllocatorCode.address() != MachineCode.NONE);
    long code = withCode ? AllocatorCode.address() : MachineCode.NONE;
    heap = new LuaHeap(memory, arena, () -> hurried++, code);
    heap.setLimitBytes(LIMIT_BYTES);
    allocator =
        new Allocator(
            LibraryFunction.link(MemorySegment.ofAddress(heap.function())), heap.argument());
  }

  @AfterEach
  void close() {
    arena.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void allocatesLikeTheModel(boolean withCode) throws Throwable {
    make(slabs, withCode);
    for (int call = 0; call < CALLS; call++) {
      switch (random.nextInt(1000)) {
        case 0 -> {
          limited = random.nextInt(4) != 0;
          heap.limited(limited);
        }
        case 1 -> {
          slabs.scarce = random.nextInt(3) == 0;
          heap.limited(true);
          heap.limited(limited);
        }
        case 2 -> {
          if (random.nextInt(100) == 0) {
            heap.tick();
            sinceTickBytes = 0;
          }
        }
        case 3 -> {
          heap.onCollected();
          collectedBytes = usedBytes;
          assertThat(slabs.liveBlocks()).isEqualTo(blocks.size() + 1);
        }
        case 4 -> heap.releaseIdle();
        default -> step();
      }
      assertThat(heap.usedBytes()).isEqualTo(usedBytes);
      assertThat(hurried).isEqualTo(hurries);
      if (slabs.scarce) {
        assertThat(slabs.liveBlocks()).isEqualTo(blocks.size() + 1);
      }
    }
    while (!blocks.isEmpty()) {
      reallocate(blocks.size() - 1, 0);
    }
    heap.close();
    slabs.close(); // fails if a block is left
    assertThat(refusals).isGreaterThan(CALLS / 1000);
    assertThat(hurries).isPositive();
  }

  private void step() throws Throwable {
    boolean shrinking = usedBytes > LIMIT_BYTES + SHORTAGE_BYTES;
    int what = random.nextInt(10);
    if (blocks.isEmpty() || what < (shrinking ? 2 : 5)) {
      reallocate(-1, size());
    } else {
      int index = random.nextInt(blocks.size());
      reallocate(index, what < 8 ? 0 : size());
    }
  }

  private int size() {
    return switch (random.nextInt(20)) {
      case 0 -> 1 + random.nextInt(20_000);
      case 1, 2, 3 -> 1 + random.nextInt(1100);
      case 4, 5 -> 8 * (1 + random.nextInt(130));
      case 6 -> 8184 + random.nextInt(17);
      case 7, 8, 9 -> 40 << random.nextInt(6);
      case 10, 11, 12 -> 16 << random.nextInt(8);
      default -> 1 + random.nextInt(100);
    };
  }

  /** Reallocates a block, or allocates one if the index is negative. */
  private void reallocate(int index, int newSize) throws Throwable {
    Block old = index < 0 ? new Block(0, 0, (byte) 0) : blocks.get(index);
    long growth = newSize - old.sizeBytes;
    long most = slabs.scarce ? Math.min(LIMIT_BYTES, collectedBytes + SHORTAGE_BYTES) : LIMIT_BYTES;
    boolean refused = limited && growth > 0 && usedBytes + growth > most;
    long address = allocator.call(old.address, old.sizeBytes, newSize);
    if (refused) {
      assertThat(address).isZero();
      refusals++;
      return;
    }
    usedBytes += growth;
    sinceTickBytes += newSize;
    if (sinceTickBytes > MUCH_BYTES) {
      sinceTickBytes = 0;
      hurries++;
    }
    if (index >= 0) {
      blocks.set(index, blocks.getLast());
      blocks.removeLast();
      sizes.remove(old.address);
    }
    if (newSize == 0) {
      assertThat(address).isZero();
      return;
    }
    checkContent(address, Math.min(old.sizeBytes, newSize), old.content);
    Map.Entry<Long, Integer> before = sizes.lowerEntry(address + newSize);
    assertThat(before == null || before.getKey() + before.getValue() <= address).isTrue();
    Block block = new Block(address, newSize, (byte) random.nextInt());
    Region.fill(address - base, newSize, block.content);
    blocks.add(block);
    sizes.put(address, newSize);
  }

  private void checkContent(long address, int length, byte content) {
    for (int i = 0; i < length; i++) {
      if (Region.getByte(address - base + i) != content) {
        throw new AssertionError("byte " + i + " of " + length + " is lost");
      }
    }
  }

  @Test
  void servesFreedBlocksWithoutTheSlabs() throws Throwable {
    make(slabs, true);
    heap.limited(true);
    for (int size = 1; size <= 8192; size++) {
      heap.onCollected(); // so that there is room for the block
      heap.tick();
      long block = allocator.call(0, 0, size);
      long before = slabs.liveBlocks();
      allocator.call(block, size, 0);
      assertThat(allocator.call(0, 0, size)).as("of %d bytes", size).isEqualTo(block);
      assertThat(slabs.liveBlocks()).isEqualTo(before);
      allocator.call(block, size, 0);
    }
    heap.close();
    slabs.close();
  }

  @Test
  void leavesLargeBlocksToTheSlabs() throws Throwable {
    make(slabs, true);
    heap.limited(true);
    long before = slabs.liveBlocks();
    long block = allocator.call(0, 0, 8193);
    assertThat(slabs.liveBlocks()).isEqualTo(before + 1);
    allocator.call(block, 8193, 0);
    assertThat(slabs.liveBlocks()).isEqualTo(before);
    assertThat(allocator.call(0, 0, Long.MAX_VALUE / 2)).isZero();
    assertThat(heap.usedBytes()).isZero();
    heap.close();
    slabs.close();
  }

  @Test
  void keepsFewFreeBlocksAndNoneWhenIdle() throws Throwable {
    Slabs real = Slabs.create(shortage -> {});
    make(real, true);
    heap.setLimitBytes(Long.MAX_VALUE);
    List<Long> made = new ArrayList<>();
    long before = real.liveBlocks();
    for (int i = 0; i < 100_000; i++) {
      made.add(allocator.call(0, 0, 40));
    }
    for (long block : made) {
      allocator.call(block, 40, 0);
    }
    assertThat(real.liveBlocks() - before).isBetween(1L, MAX_FREE_BYTES / 40);
    heap.releaseIdle();
    heap.releaseIdle();
    assertThat(real.liveBlocks()).isEqualTo(before);
    heap.close();
    real.close();
  }
}
