package io.redoubt.protocol.session;

/**
 * Decides when replies may be sent: the data that they reflect may have to be written to a file
 * first, or to be durable there. Marks increase with written data; output produced at a mark may be
 * sent when the mark has passed. Used on the event loop.
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
   * Writes the data that must be written before replies are sent, or starts to write it, and
   * returns the mark that covers all replies produced so far.
   */
  long mark();

  /**
   * Returns the mark up to which output may be sent; {@link HeldOutput#gateMoved} is called when it
   * rises.
   */
  long passed();
}
