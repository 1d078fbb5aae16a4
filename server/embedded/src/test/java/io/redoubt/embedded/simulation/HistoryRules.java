package io.redoubt.embedded.simulation;

import io.redoubt.embedded.simulation.History.Event;
import io.redoubt.embedded.simulation.History.Kind;
import io.redoubt.embedded.simulation.History.Outcome;
import io.redoubt.protocol.resp.Reply;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The rules for a history and for the final values. */
final class HistoryRules {
  /** Signals a violated rule. */
  static final class Broken extends AssertionError {
    private static final long serialVersionUID = 1L;

    Broken(String text) {
      super(text);
    }
  }

  private final History history;

  HistoryRules(History history) {
    this.history = history;
  }

  private List<Event> of(Kind kind, Outcome outcome) {
    return history.events(each -> each.kind == kind && each.outcome == outcome);
  }

  /** Checks a set: it contains every confirmed or observed member, and no refused one. */
  void set(List<String> members, boolean shownStays) {
    Set<String> present = new HashSet<>(members);
    for (Event add : of(Kind.ADD, Outcome.DONE)) {
      require(present.contains(add.argument), "lost acknowledged write: " + add);
    }
    for (Event add : of(Kind.ADD, Outcome.REFUSED)) {
      require(!present.contains(add.argument), "refused, but done: " + add);
    }
    for (Event look : of(Kind.LOOK, Outcome.DONE)) {
      require(
          !shownStays || !"1".equals(look.result) || present.contains(look.argument),
          "lost write that a client has read: " + look);
    }
  }

  /**
   * Checks a list: it contains each confirmed element once, after the elements confirmed before it.
   */
  void list(List<String> elements) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < elements.size(); i++) {
      require(places.put(elements.get(i), i) == null, "twice in the list: " + elements.get(i));
    }
    for (Event push : of(Kind.PUSH, Outcome.REFUSED)) {
      require(!places.containsKey(push.argument), "refused, but done: " + push);
    }
    List<Event> done = of(Kind.PUSH, Outcome.DONE);
    for (Event push : done) {
      require(places.containsKey(push.argument), "lost acknowledged write: " + push);
    }
    for (Event push : done) {
      for (Event earlier : done) {
        require(
            earlier.returned > push.invoked
                || places.getOrDefault(earlier.argument, 0) < places.getOrDefault(push.argument, 0),
            () -> "out of order: " + earlier + " and " + push);
      }
    }
  }

  /**
   * Checks a stream of entries with idempotent ids: it contains none twice, none that was refused
   * each time, and each confirmed one under the id in all its answers.
   *
   * @param entries the ids and the values of the entries, in turn
   * @param kept true if no confirmed entry may be lost
   */
  void stream(List<String> entries, boolean kept) {
    Map<String, String> ids = new HashMap<>();
    for (int i = 0; i < entries.size(); i += 2) {
      String other = ids.put(entries.get(i + 1), entries.get(i));
      require(other == null, "twice in the stream: " + entries.get(i + 1));
    }
    Set<String> sent = new HashSet<>();
    for (Event append : history.events(each -> each.outcome != Outcome.REFUSED)) {
      sent.add(append.argument);
    }
    for (Event append : of(Kind.APPEND, Outcome.REFUSED)) {
      require(
          sent.contains(append.argument) || !ids.containsKey(append.argument),
          "refused, but done: " + append);
    }
    for (Event append : of(Kind.APPEND, Outcome.DONE)) {
      String id = ids.get(append.argument);
      require(!kept || id != null, "lost acknowledged write: " + append);
      require(!kept || Objects.equals(append.result, id), "added as " + id + ": " + append);
    }
  }

  /** Checks a counter: it includes every confirmed increment, and never returned a number twice. */
  void counter(long value) {
    int done = of(Kind.INCREMENT, Outcome.DONE).size();
    int unknown = of(Kind.INCREMENT, Outcome.UNKNOWN).size();
    require(value >= done, "lost acknowledged write: " + done + " increments make " + value);
    require(
        value <= done + unknown,
        done + " increments and " + unknown + " of unknown outcome make " + value);
    Map<String, Event> results = new HashMap<>();
    for (Event increment : of(Kind.INCREMENT, Outcome.DONE)) {
      Event other = results.put(String.valueOf(increment.result), increment);
      require(other == null, "lost acknowledged write: " + other + " and " + increment);
    }
  }

  /** Checks that registers are linearizable. */
  void registers(boolean withReads) {
    history
        .registers(withReads)
        .forEach((key, operations) -> {
          String violation = RegisterChecker.violation(operations);
          require(violation == null, "not linearizable: " + key + ", " + violation);
        });
  }

  /**
   * Checks that no server confirmed a write after a later master was appointed. An appointed master
   * that never confirmed anything has deposed no other: its failover may have been aborted.
   */
  void oneMaster(List<GroupServer> servers) {
    Map<String, GroupServer> byHost = new HashMap<>();
    servers.forEach(each -> byHost.put(each.host(), each));
    List<Event> writes = history.events(each -> each.isDone() && each.kind.writes());
    long[] terms = writes.stream().mapToLong(each -> term(byHost, each)).toArray();
    for (int i = 0; i < terms.length; i++) {
      Event write = writes.get(i);
      for (int k = 0; k < terms.length; k++) {
        Event earlier = writes.get(k);
        if (earlier.returned <= write.invoked && terms[k] > terms[i]) {
          throw new Broken("confirmed by a replaced master: " + write + ", after " + earlier);
        }
      }
    }
  }

  /**
   * Returns the latest time, before the write returned, at which its server was appointed or
   * ordered to be the master.
   */
  private static long term(Map<String, GroupServer> servers, Event write) {
    GroupServer server = servers.get(write.server);
    return server == null
        ? -1
        : Stream.concat(server.appointments().stream(), server.orders().stream())
            .filter(time -> time < write.returned)
            .max(Comparator.naturalOrder())
            .orElse(-1L);
  }

  private static void require(boolean holds, String text) {
    require(holds, () -> text);
  }

  private static void require(boolean holds, Supplier<String> text) {
    if (!holds) {
      throw new Broken(text.get());
    }
  }

  static List<String> texts(Reply reply) {
    return reply instanceof Reply.Array(List<Reply> elements)
        ? elements.stream().map(HistoryRules::text).toList()
        : List.of();
  }

  /** Returns the ids of the entries of a stream and their single values, in turn. */
  static List<String> entries(Reply reply) {
    List<String> entries = new ArrayList<>();
    for (Reply entry : reply.elements()) {
      List<Reply> parts = List.copyOf(entry.elements());
      entries.add(parts.getFirst().text());
      entries.add(texts(parts.getLast()).getLast());
    }
    return entries;
  }

  private static String text(Reply reply) {
    return reply.text();
  }
}
