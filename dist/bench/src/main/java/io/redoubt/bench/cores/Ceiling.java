package io.redoubt.bench.cores;

/**
 * The throughput that processor times permit, if nothing but processors limits it: the owner of the
 * data executes everything, and what the I/O threads do is shared by as many as are needed.
 *
 * @param ownerMicros the owner's processor time of an operation
 * @param ioMicros the processor time of an operation of all I/O threads together
 */
public record Ceiling(double ownerMicros, double ioMicros) {
  private static final double MICROS_PER_SECOND = 1e6;

  /** Returns the operations per second at which the owner is busy all the time. */
  public double perSecond() {
    return MICROS_PER_SECOND / ownerMicros;
  }

  /** Returns the number of I/O threads that keep the owner busy. */
  public int ioThreads() {
    return Math.max(1, (int) Math.ceil(ioMicros / ownerMicros));
  }

  /**
   * Returns the number of I/O threads on a machine.
   *
   * @param cores the processors, all of which the server may use; at least 2
   */
  public int ioThreads(int cores) {
    return Math.min(ioThreads(), cores - 1);
  }

  /** Returns the operations per second on a machine with that many cores. */
  public double perSecond(int cores) {
    return Math.min(perSecond(), ioThreads(cores) * MICROS_PER_SECOND / ioMicros);
  }
}
