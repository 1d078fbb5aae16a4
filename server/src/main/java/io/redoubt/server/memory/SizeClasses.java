package io.redoubt.server.memory;

/**
 * The sizes of small blocks: every multiple of 8 up to 256 bytes, then sixteen steps per doubling
 * up to {@link #MAX_BYTES}. So a block wastes 7 bytes or a sixteenth at most.
 */
final class SizeClasses {

  /** The largest size that has a class; larger blocks take whole pages. */
  static final int MAX_BYTES = 32 << 10;

  private static final int FINE_SHIFT = 8;
  private static final int FINE_CLASSES = (1 << FINE_SHIFT) / Region.GRANULE_BYTES;
  private static final int STEPS_SHIFT = 4;
  private static final int STEPS = 1 << STEPS_SHIFT;

  static final int COUNT = of(MAX_BYTES) + 1;

  private SizeClasses() {}

  /** Returns the class of blocks of {@code sizeBytes}, 1 to {@link #MAX_BYTES}. */
  static int of(int sizeBytes) {
    int last = sizeBytes - 1;
    if (last < 1 << FINE_SHIFT) {
      return last / Region.GRANULE_BYTES;
    }
    int power = 31 - Integer.numberOfLeadingZeros(last);
    return FINE_CLASSES + (power - FINE_SHIFT) * STEPS + (last >>> (power - STEPS_SHIFT)) - STEPS;
  }

  static int blockBytes(int sizeClass) {
    if (sizeClass < FINE_CLASSES) {
      return (sizeClass + 1) * Region.GRANULE_BYTES;
    }
    int step = sizeClass - FINE_CLASSES;
    return ((step & (STEPS - 1)) + STEPS + 1) << ((step >> STEPS_SHIFT) + FINE_SHIFT - STEPS_SHIFT);
  }
}
