package io.redoubt.protocol.session.blocking;

/** The condition that a blocked client waits for. */
public interface Waiting {
  /** Writes the reply of a timeout or of CLIENT UNBLOCK. The client has already been unblocked. */
  void onTimeout();

  /**
   * Records that the wait was ended with an error, which has been sent to the client.
   *
   * @param code the first word of the error
   */
  default void onFailure(String code) {}

  /**
   * Releases the wait after any end, including a disconnect. Called once, before {@link
   * #onTimeout}.
   */
  void onEnd();

  /** Returns true if a change of the server's role ends the wait with an error. */
  default boolean endsWithRole() {
    return true;
  }

  /** Returns the length of the arguments kept for a repeated execution, in bytes. */
  default long argumentBytes() {
    return 0;
  }

  /** Returns the memory used by the wait off the heap, arguments included, in bytes. */
  default long memoryBytes() {
    return 0;
  }

  /** Returns an estimate of the Java heap used by the wait in addition to one object, in bytes. */
  default long heapBytes() {
    return 0;
  }
}
