package io.redoubt.protocol.net;

/**
 * What is done once a turn of a loop, when everything that had come has been handled and before the
 * loop waits. Used on the loop.
 */
public interface EndOfTurn {
  /** The turn may end: no further look. */
  long NO_LOOK = -1;

  /** Nothing is done. */
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
   * Whether the loop looks once more which connections are ready before the turn ends. Asked at its
   * begin and after each look. Where tasks wait for the turn's end, it ends after a look that has
   * found nothing.
   *
   * @param found how many connections were ready at the last look, 0 at the begin
   * @return for how many nanoseconds to wait at most until one is ready, 0 not to wait, or {@link
   *     #NO_LOOK}
   */
  long patienceNanos(int found);

  /** Does it. */
  void run();
}
