package io.redoubt.sentinel;

import io.redoubt.protocol.http.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The durations of the phases of failovers, from the sentinel's events. Confined to the event loop.
 *
 * <p>A phase starts with one event and lasts until the next phase or the end of the failover:
 * {@code sdown} until a quorum agrees, {@code election} until there is a leader, {@code selection}
 * of a replica, {@code promotion}, {@code reconfiguration} of the other replicas. A sentinel that
 * isn't the leader sees the election end with the switch.
 */
final class FailoverPhases {
  private static final int MAX_MASTERS = 1000;

  /** The phase that an event starts. */
  private static final Map<String, String> STARTS =
      Map.of(
          "+sdown", "sdown",
          "+odown", "election",
          "+try-failover", "election",
          "+elected-leader", "selection",
          "+selected-slave", "promotion",
          "+promoted-slave", "reconfiguration");

  /** The phases in their order. */
  static final List<String> PHASES =
      List.of("sdown", "election", "selection", "promotion", "reconfiguration");

  /** A master's current phase. */
  private static final class Progress {
    private String phase = "";
    private long sinceMillis;
    private final Map<String, Long> spent = new LinkedHashMap<>();

    void enter(String next, long nowMillis) {
      if (!phase.isEmpty() && !phase.equals(next)) {
        spent.merge(phase, nowMillis - sinceMillis, Long::sum);
      }
      if (!phase.equals(next)) {
        phase = next;
        sinceMillis = nowMillis;
      }
    }
  }

  private final Map<String, Progress> current = new LinkedHashMap<>();
  private final Map<String, Totals> totals = new LinkedHashMap<>();

  /**
   * The failovers of a master since the start.
   *
   * @param switches the number of times another server became master
   * @param aborted the number of failovers given up
   * @param millis the total time by phase
   * @param lastMillis the time by phase of the last one
   */
  record Totals(
      long switches, long aborted, Map<String, Long> millis, Map<String, Long> lastMillis) {}

  /**
   * Handles an event.
   *
   * @return the phases of the failover that it ended, as an event of the page; empty if none
   */
  String happened(String type, String payload, long nowMillis) {
    String master = masterOf(type, payload);
    if (master.isEmpty()) {
      return "";
    }
    String phase = STARTS.get(type);
    if (phase != null) {
      boolean ofAnother = phase.equals("sdown") && !payload.startsWith("master ");
      if (!ofAnother && current.size() < MAX_MASTERS) {
        current.computeIfAbsent(master, name -> new Progress()).enter(phase, nowMillis);
      }
      return "";
    }
    return switch (type) {
      case "+switch-master" -> ended(master, true, nowMillis);
      case "-failover-abort-not-elected",
          "-failover-abort-no-good-slave",
          "-failover-abort-acknowledged-writes",
          "-failover-abort-slave-timeout",
          "-failover-abort-not-coordinated" ->
          ended(master, false, nowMillis);
      case "-sdown" -> {
        if (payload.startsWith("master ")) {
          current.remove(master); // it came back
        }
        yield "";
      }
      default -> "";
    };
  }

  /** Returns the master that an event is about: the instance itself or the one after {@code @}. */
  private static String masterOf(String type, String payload) {
    String[] words = payload.split(" ", -1);
    if (type.equals("+switch-master")) {
      return words[0];
    }
    if (words.length > 1 && words[0].equals("master")) {
      return words[1];
    }
    for (int i = 0; i + 1 < words.length; i++) {
      if (words[i].equals("@")) {
        return words[i + 1];
      }
    }
    return "";
  }

  private String ended(String master, boolean switched, long nowMillis) {
    Progress progress = current.remove(master);
    Map<String, Long> spent = new LinkedHashMap<>();
    if (progress != null) {
      progress.enter("", nowMillis);
      spent.putAll(progress.spent);
    }
    Totals before = totals.getOrDefault(master, new Totals(0, 0, Map.of(), Map.of()));
    Map<String, Long> sums = new LinkedHashMap<>(before.millis());
    spent.forEach((phase, millis) -> sums.merge(phase, millis, Long::sum));
    if (totals.size() < MAX_MASTERS || totals.containsKey(master)) {
      totals.put(
          master,
          new Totals(
              before.switches() + (switched ? 1 : 0),
              before.aborted() + (switched ? 0 : 1),
              Map.copyOf(sums),
              Map.copyOf(spent)));
    }
    return spent.isEmpty() ? "" : event(master, switched, spent, nowMillis);
  }

  private static String event(
      String master, boolean switched, Map<String, Long> spent, long nowMillis) {
    List<String> parts = new ArrayList<>();
    Json json = new Json().object().member("at", nowMillis).member("type", "phases");
    json.object("phases");
    long total = 0;
    for (String phase : PHASES) {
      Long millis = spent.get(phase);
      if (millis != null) {
        json.member(phase, millis);
        parts.add(phase + " " + millis + " ms");
        total += millis;
      }
    }
    json.endObject();
    String end = switched ? " took " : " given up after ";
    String text = "failover of " + master + end + total + " ms (" + String.join(", ", parts) + ")";
    return json.member("text", text).endObject().toString();
  }

  /** Returns the failovers of the masters that had any. */
  Map<String, Totals> totals() {
    return Map.copyOf(totals);
  }
}
