package io.redoubt.sentinel.core;

import java.util.List;

/** What a sentinel wants done, in the order in which it is to be done. */
public sealed interface Output {
  /** Make a connection; it is answered by {@link Input.Connected} or {@link Input.Disconnected}. */
  record Connect(int link, Link.Kind kind, Address address) implements Output {}

  /** Drop a connection; not answered. */
  record Disconnect(int link, Link.Kind kind) implements Output {}

  /** Send a request; answered by {@link Input.Replied} or by the end of the connection. */
  record Send(int link, Link.Kind kind, Request request) implements Output {}

  /**
   * Write the state to disk, durably. It stands before everything of the same step that rests on
   * it: {@linkplain Request#rest() requests}, events, scripts, and what those are told who ordered
   * the step. These wait for the write, or for a later one; {@link Opinion votes} and requests that
   * rest on the state must not leave when it fails.
   */
  record Persist(SentinelState state) implements Output {}

  /**
   * Something to log, and from {@link Level#VERBOSE} on to publish on the channel named by its
   * type.
   *
   * @param type such as {@code +sdown}
   * @param payload such as {@code master mymaster 127.0.0.1 6379}
   */
  record Event(Level level, String type, String payload) implements Output {
    /** Whether it is published; debugging details are only logged. */
    public boolean published() {
      return level != Level.DEBUG;
    }
  }

  /** Something to log that is no event. */
  record Remark(Level level, String text) implements Output {}

  /** Run a program, beside everything else: its path and what it is called with. */
  record RunScript(String path, List<String> arguments) implements Output {
    /** Copies the arguments. */
    public RunScript {
      arguments = List.copyOf(arguments);
    }
  }

  /** The order was carried out; {@code count} is what RESET reports. */
  record Done(long count) implements Output {}

  /** The order was refused with this error text (its code first, as in {@code ERR ...}). */
  record Refused(String error) implements Output {}

  /**
   * The answer to {@link Input.AskedIfDown}.
   *
   * @param leader whom we voted for, {@code *} for nobody or when no vote was asked
   * @param leaderEpoch the epoch of that vote
   */
  record Opinion(boolean down, String leader, long leaderEpoch) implements Output {}

  /** Die at once, as SENTINEL SIMULATE-FAILURE asked for. */
  record Crash(String why) implements Output {}

  /** How loud an event is; the names are those of Redis' log levels. */
  enum Level {
    /** Only logged. */
    DEBUG,
    /** Details. */
    VERBOSE,
    /** What an operator may want to know. */
    NOTICE,
    /** What an operator should know. */
    WARNING
  }
}
