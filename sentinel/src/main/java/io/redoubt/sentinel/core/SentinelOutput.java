package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import java.util.List;

/** An output of the state machine; outputs must be performed in order. */
public sealed interface SentinelOutput {
  /**
   * Opens a connection; answered by {@link SentinelInput.Connected} or {@link
   * SentinelInput.Disconnected}.
   */
  record Connect(int link, Link.Kind kind, Address address) implements SentinelOutput {}

  /** Closes a connection; not answered. */
  record Disconnect(int link, Link.Kind kind) implements SentinelOutput {}

  /** Sends a request; answered by {@link SentinelInput.Replied} or by the end of the connection. */
  record Send(int link, Link.Kind kind, NodeRequest request) implements SentinelOutput {}

  /**
   * Saves the state durably. Precedes all outputs of the same step that depend on it: {@linkplain
   * NodeRequest#rest() requests}, events, scripts, and the answer to the step's caller. These wait
   * for this write or a later one; {@link Opinion votes} and requests that require the state must
   * not be sent if it fails.
   */
  record Persist(SentinelState state) implements SentinelOutput {}

  /**
   * Logs an event and, from {@link Level#VERBOSE} on, publishes it on the channel named by its
   * type.
   *
   * @param type such as {@code +sdown}
   * @param payload such as {@code master mymaster 127.0.0.1 6379}
   */
  record Event(Level level, String type, String payload) implements SentinelOutput {
    /** Returns true if it is published; debug events are only logged. */
    public boolean published() {
      return level != Level.DEBUG;
    }
  }

  /** Logs a text that is not an event. */
  record Remark(Level level, String text) implements SentinelOutput {}

  /** Runs a script in the background. */
  record RunScript(String path, List<String> arguments) implements SentinelOutput {
    /** Copies the arguments. */
    public RunScript {
      arguments = List.copyOf(arguments);
    }
  }

  /** Reports that an order was carried out; {@code count} is the reply of RESET. */
  record Done(long count) implements SentinelOutput {}

  /** Refuses an order with an error text, including its code, as in {@code ERR ...}. */
  record Refused(String error) implements SentinelOutput {}

  /**
   * Answers {@link SentinelInput.AskedIfDown}.
   *
   * @param leader the sentinel that has our vote, {@code *} if none has or no vote was requested
   * @param leaderEpoch the epoch of that vote
   */
  record Opinion(boolean down, String leader, long leaderEpoch) implements SentinelOutput {}

  /** Crashes at once, as requested by SENTINEL SIMULATE-FAILURE. */
  record Crash(String why) implements SentinelOutput {}

  /** The level of an event, named like Redis' log levels. */
  enum Level {
    /** Logged but not published. */
    DEBUG,
    /** Details. */
    VERBOSE,
    /** Information for operators. */
    NOTICE,
    /** Problems that need an operator's attention. */
    WARNING
  }
}
