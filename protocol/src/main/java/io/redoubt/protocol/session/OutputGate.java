package io.redoubt.protocol.session;

/**
 * Decides when replies may leave: what they show may have to be written to a file first, or to be
 * durable there. Marks rise with what is written; output that was made at one mark may leave as
 * soon as that mark has passed. Used on the loop.
 */
public interface OutputGate {
  /** Lets everything leave at once. */
  OutputGate OPEN =
      new OutputGate() {
        @Override
        public long mark() {
          return 0;
        }

        @Override
        public long passed() {
          return 0;
        }
      };

  /**
   * Writes what has to be written before replies leave, or has it written, and tells the mark up to
   * which the data shown by replies made until now reaches.
   */
  long mark();

  /** Up to which mark output may leave; {@link HeldOutput#gateMoved} is told when it rises. */
  long passed();
}
