package io.redoubt.embedded.simulation;

import io.redoubt.embedded.simulation.RegisterChecker.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The operations of all clients, in the order of their invocation. */
final class History {
  /** The known outcome of an operation. */
  enum Outcome {
    /** Executed, with an answer. */
    DONE,
    /** Refused, without effect. */
    REFUSED,
    /** Without an answer: it may have taken effect, or may do so later. */
    UNKNOWN
  }

  /** The commands of the clients. */
  enum Kind {
    ADD,
    PUSH,
    INCREMENT,
    WRITE,
    SWAP,
    APPEND,
    READ,
    LOOK,
    /** A read after all clients have ended. */
    LAST_READ;

    boolean writes() {
      return this != READ && this != LOOK && this != LAST_READ;
    }
  }

  /** An operation of a client at a server. */
  static final class Event {
    final Kind kind;
    final String server;
    final String key;
    final String argument;
    final long invoked;
    long returned = RegisterChecker.NEVER;
    Outcome outcome = Outcome.UNKNOWN;

    /** The returned value, null for none. */
    @Nullable String result;

    Event(Kind kind, String server, String key, String argument, long invoked) {
      this.kind = kind;
      this.server = server;
      this.key = key;
      this.argument = argument;
      this.invoked = invoked;
    }

    boolean isDone() {
      return outcome == Outcome.DONE;
    }

    @Override
    public String toString() {
      String end = returned == RegisterChecker.NEVER ? "-" : Long.toString(returned);
      return kind + " " + key + " " + argument + " at " + server + ", " + invoked + " to " + end
          + ": " + outcome + " " + result;
    }
  }

  private final List<Event> events = new ArrayList<>();
  private long time;

  /** Returns the next time; all times differ. */
  long tick() {
    return ++time;
  }

  /** Adds an operation that is about to be sent. */
  Event invoke(Kind kind, String server, String key, String argument) {
    Event event = new Event(kind, server, key, argument, tick());
    events.add(event);
    return event;
  }

  /** Records the answer to an operation. */
  void onDone(Event event, @Nullable String result) {
    event.returned = tick();
    event.outcome = Outcome.DONE;
    event.result = result;
  }

  /** Records that an operation was refused. */
  void onRefused(Event event) {
    event.returned = tick();
    event.outcome = Outcome.REFUSED;
  }

  /** Returns the operations that meet a condition. */
  List<Event> events(Predicate<Event> condition) {
    return events.stream().filter(condition).toList();
  }

  /**
   * Returns the operations on registers, by key.
   *
   * @param withReads false to leave out pure reads, except for the last ones
   */
  Map<String, List<Operation>> registers(boolean withReads) {
    Map<String, List<Operation>> registers = new TreeMap<>();
    for (Event event : events) {
      boolean reads =
          event.isDone()
              && (event.kind == Kind.LAST_READ || (event.kind == Kind.READ && withReads));
      boolean writes =
          (event.kind == Kind.WRITE || event.kind == Kind.SWAP) && event.outcome != Outcome.REFUSED;
      if (reads || writes) {
        registers
            .computeIfAbsent(event.key, key -> new ArrayList<>())
            .add(
                new Operation(
                    event.invoked,
                    event.returned,
                    writes,
                    writes ? event.argument : null,
                    event.kind != Kind.WRITE,
                    event.result));
      }
    }
    return registers;
  }
}
