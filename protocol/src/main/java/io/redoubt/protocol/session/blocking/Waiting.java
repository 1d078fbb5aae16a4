package io.redoubt.protocol.session.blocking;

/** The wait of a blocked client, as the client sees it. */
public interface Waiting {
  /** Writes the reply of a timeout or of CLIENT UNBLOCK. The client has already been unblocked. */
  void timedOut();

  /**
   * Counts a wait that was ended by somebody else with an error, which the client has been told.
   *
   * @param code the first word of the error
   */
  default void failed(String code) {}

  /**
   * Releases the wait, whatever its end, including a disconnect. Called once, before {@link
   * #timedOut}.
   */
  void ended();

  /** Returns true if a change of the server's role ends the wait with an error. */
  default boolean endsWithRole() {
    return true;
  }

  /** Returns the length of the arguments that are kept for another execution, in bytes. */
  default long argumentBytes() {
    return 0;
  }

  /** Returns the memory that the wait takes, arguments included, in bytes. */
  default long memoryBytes() {
    return 0;
  }
}
