package io.redoubt.protocol.session;

/** The state of a client in the turns of its loop; {@link Turn} changes it. */
final class TurnState {
  /** True while one of its commands is running. */
  boolean executing;

  /** True while its input is decoded; a nested turn must not execute the same bytes. */
  boolean decoding;

  /** True if it is finished at the end of this turn: resumed, flushed or closed. */
  boolean atEnd;

  /** True if its remaining requests run in the next turn. */
  boolean inNext;

  /** True if the peer has ended its output. */
  boolean inputEnded;

  /** True if the peer has closed the connection, so that nothing can be sent any more. */
  boolean gone;

  /** True if the connection holds back what may be the end of the peer's output. */
  boolean endHeld;
}
