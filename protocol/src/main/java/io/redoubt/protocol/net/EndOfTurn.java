package io.redoubt.protocol.net;

/**
 * Work done once per turn of an event loop, after all input was handled and before the loop waits.
 * Used on the loop.
 */
public interface EndOfTurn {
  /** The turn may end without another poll. */
  long NO_LOOK = -1;

  /** Does nothing. */
  EndOfTurn NOTHING =
      new EndOfTurn() {
        @Override
        public long patienceNanos(int found) {
          return NO_LOOK;
        }

        @Override
        public void run() {}
      };

  /**
   * Decides whether the loop polls for ready connections once more before the turn ends. Called at
   * the start of a turn and after each poll. If tasks wait for the end of the turn, it ends after a
   * poll that has found nothing.
   *
   * @param found the number of connections ready at the last poll, 0 at the start
   * @return the maximum nanoseconds to wait for a ready connection, 0 to poll without waiting, or
   *     {@link #NO_LOOK}
   */
  long patienceNanos(int found);

  /** Performs the work. */
  void run();
}
