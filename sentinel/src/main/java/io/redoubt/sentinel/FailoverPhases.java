package io.redoubt.sentinel;

import io.redoubt.protocol.http.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Measures the phases of failovers from the sentinel's events. Confined to the event loop.
 *
 * <p>The time counts from the last valid reply of the old master, or from an operator's order. A
 * phase lasts until the next one or the end of the failover: {@code detection} until a quorum
 * agrees or an election starts, {@code election} until there is a leader, {@code selection} of a
 * replica, {@code promotion}, {@code reconfiguration} of the other replicas. Lost elections and the
 * delays after them are part of {@code election}: the failover ends when another server is the
 * master or the old one answers again. For a sentinel that is not the leader, the election ends
 * with the switch.
 */
final class FailoverPhases {
  /** Returned in place of a silence for a failover ordered by an operator. */
  static final long ORDERED = -1;

  private static final int MAX_MASTERS = 1000;
  private static final String DETECTION = "detection";
  private static final String ELECTION = "election";

  /** The phase that an event starts. */
  private static final Map<String, String> STARTS =
      Map.of(
          "+sdown",
          DETECTION,
          "+odown",
          ELECTION,
          "+try-failover",
          ELECTION,
          "+elected-leader",
          "selection",
          "+selected-slave",
          "promotion",
          "+promoted-slave",
          "reconfiguration");

  /** The phases in their order. */
  static final List<String> PHASES =
      List.of(DETECTION, ELECTION, "selection", "promotion", "reconfiguration");

  /** The progress of a master's current failover. */
  private static final class Progress {
    private final boolean isOrdered;
    private String phase = DETECTION;
    private long sinceMillis;
    private int lostElections;
    private boolean isLeader;
    private final Map<String, Long> spent = new LinkedHashMap<>();

    /** The part of {@link #spent} not yet added to the totals. */
    private final Map<String, Long> uncounted = new LinkedHashMap<>();

    Progress(boolean isOrdered, long startMillis) {
      this.isOrdered = isOrdered;
      sinceMillis = startMillis;
    }

    void enter(String next, long nowMillis) {
      long millis = Math.max(0, nowMillis - sinceMillis);
      if (!isOrdered || !phase.equals(DETECTION)) { // an ordered failover has no detection
        spent.merge(phase, millis, Long::sum);
        uncounted.merge(phase, millis, Long::sum);
      }
      phase = next;
      sinceMillis = nowMillis;
    }
  }

  private final ToLongFunction<String> silentMillis;
  private final Map<String, Progress> current = new LinkedHashMap<>();
  private final Map<String, Totals> totals = new LinkedHashMap<>();

  /**
   * The failovers of a master since the start.
   *
   * @param switches the number of times that another server became the master
   * @param aborted the number of aborted failovers
   * @param millis the total time by phase
   * @param lastMillis the time by phase of the last failover
   */
  record Totals(
      long switches, long aborted, Map<String, Long> millis, Map<String, Long> lastMillis) {}

  /**
   * A point in time.
   *
   * @param wallMillis the time of day, to be shown
   * @param monotonicMillis the time for durations
   */
  record Moment(long wallMillis, long monotonicMillis) {}

  /**
   * Creates the meter without any failover.
   *
   * @param silentMillis returns the time since the last valid reply of a master by its name, {@link
   *     #ORDERED} during a failover ordered by an operator
   */
  FailoverPhases(ToLongFunction<String> silentMillis) {
    this.silentMillis = silentMillis;
  }

  /**
   * Handles an event.
   *
   * @return the phases of the failover that it ended, as an event for the page; empty if none ended
   */
  String happened(String type, String payload, Moment now) {
    String master = masterOf(type, payload);
    if (master.isEmpty()) {
      return "";
    }
    String phase = STARTS.get(type);
    if (phase != null) {
      boolean ofAnother = type.endsWith("down") && !payload.startsWith("master ");
      if (!ofAnother && (current.size() < MAX_MASTERS || current.containsKey(master))) {
        onPhaseStart(progress(master, now), type, phase, now);
      }
      return "";
    }
    return switch (type) {
      case "+switch-master" -> ended(master, true, now);
      case "-failover-abort-not-elected" -> {
        Progress progress = current.get(master);
        if (progress == null || progress.isOrdered) {
          yield ended(master, false, now);
        }
        progress.lostElections++;
        count(master, progress, now, 0, 1);
        yield "";
      }
      case "-failover-abort-no-good-slave",
          "-failover-abort-acknowledged-writes",
          "-failover-abort-slave-timeout",
          "-failover-abort-not-coordinated" ->
          ended(master, false, now);
      case "-sdown" -> {
        if (payload.startsWith("master ")) {
          current.remove(master); // the old master answers again
        }
        yield "";
      }
      default -> "";
    };
  }

  private Progress progress(String master, Moment now) {
    return current.computeIfAbsent(
        master,
        name -> {
          long silent = silentMillis.applyAsLong(name);
          return new Progress(silent < 0, now.monotonicMillis() - Math.max(0, silent));
        });
  }

  private static void onPhaseStart(Progress progress, String type, String phase, Moment now) {
    boolean isLate = type.endsWith("down") && !progress.phase.equals(DETECTION);
    if (!isLate && !phase.equals(progress.phase)) {
      progress.enter(phase, now.monotonicMillis());
    }
    if (type.equals("+elected-leader")) {
      progress.isLeader = true;
    }
  }

  /** Returns the master of an event: the instance itself or the one after {@code @}. */
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

  private String ended(String master, boolean switched, Moment now) {
    Progress progress = current.get(master);
    boolean isKnown = progress != null;
    if (progress == null) {
      progress = new Progress(true, now.monotonicMillis());
    }
    count(master, progress, now, switched ? 1 : 0, switched ? 0 : 1);
    String event = isKnown ? event(master, switched, progress, now) : "";
    if (switched || progress.isOrdered) {
      current.remove(master);
    } else {
      progress.phase = ELECTION; // the next attempt needs a new election
      progress.isLeader = false;
    }
    return event;
  }

  /** Adds to the totals of a master. */
  private void count(String master, Progress progress, Moment now, int switches, int aborts) {
    progress.enter(progress.phase, now.monotonicMillis());
    Totals before = totals.getOrDefault(master, new Totals(0, 0, Map.of(), Map.of()));
    Map<String, Long> sums = new LinkedHashMap<>(before.millis());
    progress.uncounted.forEach((phase, millis) -> sums.merge(phase, millis, Long::sum));
    progress.uncounted.clear();
    if (totals.size() < MAX_MASTERS || totals.containsKey(master)) {
      totals.put(
          master,
          new Totals(
              before.switches() + switches,
              before.aborted() + aborts,
              Map.copyOf(sums),
              Map.copyOf(progress.spent)));
    }
  }

  private static String event(String master, boolean switched, Progress progress, Moment now) {
    boolean isFollower = switched && !progress.isLeader;
    Json json = new Json().object().member("at", now.wallMillis()).member("type", "failover");
    json.object("phases");
    long total = 0;
    for (String phase : PHASES) {
      Long millis = progress.spent.get(phase);
      if (millis != null) {
        json.member(
            isFollower && phase.equals(ELECTION) ? "election and promotion" : phase, millis);
        total += millis;
      }
    }
    json.endObject().member("lost", progress.lostElections);
    String text =
        String.format(
            Locale.ROOT,
            "of %s %s %,d ms from the %s%s",
            master,
            switched ? "took" : "given up after",
            total,
            progress.isOrdered ? "operator's order" : "last valid reply of the old master",
            isFollower ? ", led by another sentinel" : "");
    return json.member("text", text).endObject().toString();
  }

  /** Returns the totals of masters that have had a failover. */
  Map<String, Totals> totals() {
    return Map.copyOf(totals);
  }
}
