package io.redoubt.protocol.session;

/**
 * Decides when replies may be sent: the data that they reflect may first have to be written to a
 * file, or be durable there. Marks increase as data is written; output produced at a mark may be
 * sent once the mark has passed. Used on the event loop.
 */
public interface OutputGate {
  /** Passes everything at once. */
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
   * Writes, or starts to write, the data that must precede the replies produced so far, and returns
   * the mark that covers them.
   */
  long mark();

  /**
   * Returns the mark up to which output may be sent; {@link HeldOutput#gateMoved} is called when it
   * rises.
   */
  long passed();
}
