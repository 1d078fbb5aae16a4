package io.redoubt.protocol.net;

/**
 * Decides how many I/O threads serve connections, by the load of the last periods. A thread joins
 * when the owner of the data, or each of the threads that serve already, is busy and a processor is
 * idle; it leaves when the others can do its work with ease. The limits are so far apart that the
 * same load never does both: what made a thread join is far more than what lets it leave.
 */
final class ThreadDemand {
  /** The share of a period from which on a loop counts as busy; a loop at 1 delays requests. */
  private static final double BUSY = 0.7;

  /** The load below which the owner alone does everything, counted without its savings. */
  private static final double LITTLE = 0.3;

  /** The load of each remaining thread below which one leaves. */
  private static final double EASY = 0.4;

  /** The idle processors without which a further thread would take the time of another one. */
  private static final double IDLE = 0.5;

  /** A burst of less than a period needs no thread. */
  private static final int BUSY_PERIODS = 2;

  /** Loads that pause for less than a second keep their threads. */
  private static final int QUIET_PERIODS = 10;

  private int busyPeriods;
  private int quietPeriods;

  /**
   * The load of a period.
   *
   * @param owner the share of the period for which the owner of the data did not wait
   * @param threads the sum of the threads' shares
   * @param clients the connections that were read
   * @param idle the mean number of idle processors
   */
  record Load(double owner, double threads, int clients, double idle) {}

  /** Returns true if a load may make a thread join, so that clients and idle time are needed. */
  static boolean isBusy(int serving, double owner, double threads) {
    return serving == 0 ? owner > BUSY : threads > BUSY * serving;
  }

  /** Returns the number of threads to serve connections after another period. */
  int after(int serving, int available, Load load) {
    boolean busy =
        isBusy(serving, load.owner(), load.threads())
            && load.idle() >= IDLE
            && load.clients() > serving + 1; // the requests of one wait for one another
    boolean quiet =
        serving == 1
            ? load.owner() + load.threads() < LITTLE
            : load.threads() < EASY * (serving - 1);
    busyPeriods = busy && serving < available ? busyPeriods + 1 : 0;
    quietPeriods = quiet && serving > 0 ? quietPeriods + 1 : 0;
    if (busyPeriods == BUSY_PERIODS) {
      busyPeriods = 0;
      return serving + 1;
    }
    if (quietPeriods == QUIET_PERIODS) {
      quietPeriods = 0;
      return serving - 1;
    }
    return serving;
  }
}
