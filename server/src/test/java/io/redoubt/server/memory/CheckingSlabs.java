package io.redoubt.server.memory;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Slabs that detect misuse: each block ends in a canary, is filled with poison when freed, and is
 * recorded by address. So double frees, frees with a wrong size and leaks are detected.
 */
public class CheckingSlabs extends Slabs {

  private static final int CANARY_BYTES = 8;
  private static final long CANARY = 0x5afe_b10c_5afe_b10cL;
  private static final byte FRESH = (byte) 0xa5;
  private static final byte POISON = (byte) 0xdb;

  /** The bytes at the start of a free block that the free list overwrites. */
  private static final int CHAIN_BYTES = 8;

  /** The maximum length filled and checked, from the start of a block. */
  private static final long FILLED_BYTES = 4096;

  private final Map<Long, Long> live = new HashMap<>();

  /** Freed blocks that have not been reused, with the number of bytes poisoned. */
  private final TreeMap<Long, Long> poisoned = new TreeMap<>();

  public CheckingSlabs(Consumer<Shortage> onShortage) {
    super(onShortage);
  }

  /**
   * Creates slabs that throw an {@link IllegalStateException} if a block is freed twice or with a
   * wrong size, was written beyond its end or after it was freed, or is never freed ({@link
   * #close}).
   */
  public static Slabs create() {
    return new CheckingSlabs(shortage -> {});
  }

  @Override
  public long allocate(long sizeBytes) {
    long wholeBytes = blockBytes(sizeBytes);
    return started(super.allocate(wholeBytes + CANARY_BYTES), wholeBytes);
  }

  @Override
  public long allocateFar(long sizeBytes) {
    long wholeBytes = blockBytes(sizeBytes);
    return started(super.allocateFar(wholeBytes + CANARY_BYTES), wholeBytes);
  }

  private long started(long address, long wholeBytes) {
    Long poisonedBytes = poisoned.remove(address);
    if (poisonedBytes != null) {
      checkPoison(address, poisonedBytes);
    }
    // A block of another class may overlap a poisoned one, or its end.
    poisoned.subMap(address, address + wholeBytes + CANARY_BYTES).clear();
    Map.Entry<Long, Long> before = poisoned.lowerEntry(address);
    if (before != null && before.getKey() + before.getValue() > address) {
      poisoned.remove(before.getKey());
    }
    Region.fill(address, Math.min(wholeBytes, FILLED_BYTES), FRESH);
    Region.putLong(address + wholeBytes, CANARY);
    if (live.put(address, wholeBytes) != null) {
      throw new IllegalStateException("handed out twice: " + address);
    }
    return address;
  }

  @Override
  void release(long address, long sizeBytes) {
    long wholeBytes = ended(address, sizeBytes);
    super.release(address, wholeBytes + CANARY_BYTES);
  }

  @Override
  public long freeStep(long address, long sizeBytes, long stepBytes) {
    // The canary is at the end, so a checked block is freed as a whole.
    free(address, sizeBytes);
    return 0;
  }

  private long ended(long address, long sizeBytes) {
    long wholeBytes = blockBytes(sizeBytes);
    Long liveBytes = live.remove(address);
    if (liveBytes == null) {
      throw new IllegalStateException("freed twice, or never handed out: " + address);
    }
    if (liveBytes != wholeBytes) {
      throw new IllegalStateException(
          "block " + address + " of " + liveBytes + " bytes freed as one of " + wholeBytes);
    }
    if (Region.getLong(address + wholeBytes) != CANARY) {
      throw new IllegalStateException(
          "written beyond the " + wholeBytes + " bytes of block " + address);
    }
    if (wholeBytes + CANARY_BYTES <= SizeClasses.MAX_BYTES) {
      long poisonBytes = Math.min(wholeBytes, FILLED_BYTES);
      Region.fill(address, poisonBytes, POISON);
      poisoned.put(address, poisonBytes);
    }
    return wholeBytes;
  }

  @Override
  public boolean isEvacuated(long address, long sizeBytes) {
    return super.isEvacuated(address, blockBytes(sizeBytes) + CANARY_BYTES);
  }

  @Override
  public boolean returnStep() {
    poisoned.clear(); // pages of free blocks read as zero from now on, if only some of a block
    return super.returnStep();
  }

  @Override
  public void trim() {
    poisoned.clear();
    super.trim();
  }

  private void checkPoison(long address, long sizeBytes) {
    int mixed = 0;
    boolean zeros = true;
    for (long at = CHAIN_BYTES; at < sizeBytes; at++) {
      byte found = Region.getByte(address + at);
      mixed |= found ^ POISON;
      zeros &= found == 0;
    }
    // A block reads as zero if its extent was released to the system in between.
    if (mixed != 0 && !zeros) {
      throw new IllegalStateException("written after it was freed: block " + address);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if blocks are still in use
   */
  @Override
  public void close() {
    if (!live.isEmpty()) {
      throw new IllegalStateException(live.size() + " blocks not freed: " + live);
    }
    super.close();
  }
}
