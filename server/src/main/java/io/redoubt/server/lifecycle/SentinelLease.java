package io.redoubt.server.lifecycle;

import io.redoubt.protocol.lease.LeaseOffer;
import io.redoubt.protocol.lease.LeaseTable;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a master refuse writes unless it holds a lease of a majority of its sentinels, with {@code
 * sentinel-lease yes}. The clock is read at each write, because this process may have been paused
 * until after the lease's expiry.
 *
 * <p>Redis' sentinels grant no leases, so a group with one of them requires none.
 *
 * <p>The sentinels that grant leases are saved in the data directory, so that a restarted master
 * requires a lease, too. The file is UTF-8 text with a line per sentinel: group and id, separated
 * by one space.
 *
 * <p>Confined to the event loop; other threads write the file.
 */
public final class SentinelLease {
  /** The maximum number of groups, so that a sender of invented names can't fill the heap. */
  private static final int MAX_GROUPS = 64;

  /** The time after its first hello within which a sentinel of Redoubt offers a lease. */
  private static final long FIRST_OFFER_NANOS = TimeUnit.SECONDS.toNanos(15);

  /** The age at which a hello no longer proves that its sentinel monitors this server. */
  private static final long HEARD_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A sentinel that has sent hellos but offered no lease so far. */
  private static final class Stranger {
    final long firstNanos;
    long lastNanos;

    Stranger(long now) {
      firstNanos = now;
      lastNanos = now;
    }
  }

  private final ServerDirectives settings;
  private final SavedLines file;
  private final Clock clock;
  private final Log log;
  private final ServerState state;
  private final Replication replication;
  private final IntSupplier port;
  private final Map<String, LeaseTable> tables = new TreeMap<>();
  private final Map<String, Stranger> strangers = new HashMap<>();
  private Set<String> saved = Set.of();
  private boolean mixed;
  private boolean refusing;

  /**
   * Creates a guard that does not require leases before {@link #start}.
   *
   * @param port the port of this server, which is part of the file's name
   */
  public SentinelLease(
      ServerDirectives settings,
      SnapshotContext context,
      ServerState state,
      Replication replication,
      IntSupplier port) {
    this.settings = settings;
    file =
        new SavedLines(
            context.disk(),
            context.threads(),
            context.clock(),
            context.log(),
            "remember-leases",
            "the sentinels that grant leases");
    this.clock = context.clock();
    this.log = context.log();
    this.state = state;
    this.replication = replication;
    this.port = port;
  }

  private Path path() {
    return settings.path("sentinel-leases-" + port.getAsInt() + ".state");
  }

  /**
   * Reads the known sentinels. Must be called after the port is open and before the first request.
   *
   * @throws IOException if the file can't be read; a master would then not require a lease
   */
  public void open() throws IOException {
    state.condition(Refusal.WITHOUT_LEASE, this::refuses);
    settings.replication.sentinelLease.onChange(this::review);
    Map<String, Set<String>> known = new TreeMap<>();
    for (String line : file.read(path())) {
      String[] words = line.split(" ", -1);
      if (words.length == 2) {
        known.computeIfAbsent(words[0], group -> new HashSet<>()).add(words[1]);
      }
    }
    known.forEach((group, sentinels) ->
        tables.computeIfAbsent(group, each -> new LeaseTable()).restore(sentinels));
    saved = Set.copyOf(lines());
  }

  /** Starts to require leases if any are known, once the data set is loaded. */
  public void start() {
    review();
  }

  /** Returns true for {@code sentinel-lease yes}. */
  boolean isOn() {
    return settings.replication.sentinelLease.value();
  }

  /**
   * Returns the state for INFO: off, none (no sentinel grants leases), mixed (a sentinel of Redis
   * grants none), held or expired; ready on a replica that will require a lease after its
   * promotion.
   */
  public String state() {
    if (!isOn()) {
      return "off";
    }
    if (mixed) {
      return "mixed";
    }
    if (!isNeeded()) {
      return "none";
    }
    if (replication.isReplica()) {
      return "ready";
    }
    return isValid(clock.monotonicNanos()) ? "held" : "expired";
  }

  /** Returns true if a write must be refused now. */
  private boolean refuses() {
    boolean without = !replication.isReplica() && !isValid(clock.monotonicNanos());
    if (without && !refusing) {
      log.warning(
          "Writes are refused: this master has no lease from a majority of its sentinels"
              + " (sentinel-lease).");
    }
    refusing = without;
    return without;
  }

  private boolean isNeeded() {
    return tables.values().stream().anyMatch(LeaseTable::isArmed);
  }

  private boolean isValid(long now) {
    for (LeaseTable table : tables.values()) {
      if (table.isArmed() && !table.isValid(now)) {
        return false;
      }
    }
    return true;
  }

  /** Handles a sentinel's offer and returns the answer. */
  String offered(LeaseOffer offer) {
    LeaseTable table = tables.get(offer.group());
    if (table == null) {
      if (tables.size() >= MAX_GROUPS) {
        return LeaseOffer.FREE;
      }
      table = new LeaseTable();
      tables.put(offer.group(), table);
    }
    strangers.remove(key(offer.group(), offer.sentinel()));
    long now = clock.monotonicNanos();
    String answer = table.receive(offer, now, !replication.isReplica());
    if (table.sentinels().isEmpty()) {
      tables.remove(offer.group());
    }
    findStrangers(now);
    save();
    review();
    if (refusing && isValid(now)) {
      refusing = false;
      log.notice(
          "A majority of the sentinels has granted this master a lease again: it accepts"
              + " writes.");
    }
    return answer;
  }

  /** Handles a hello, which may come from a sentinel of Redis. */
  void onHello(SentinelHello hello) {
    LeaseTable table = tables.get(hello.group());
    if (table == null || table.sentinels().contains(hello.id())) {
      return;
    }
    long now = clock.monotonicNanos();
    if (strangers.size() < MAX_GROUPS) {
      strangers.computeIfAbsent(key(hello.group(), hello.id()), id -> new Stranger(now)).lastNanos =
          now;
    }
    findStrangers(now);
    save();
    review();
  }

  private static String key(String group, String sentinel) {
    return group + " " + sentinel;
  }

  /** Detects sentinels of Redis. Called at each message only, so that silence changes nothing. */
  private void findStrangers(long now) {
    strangers.values().removeIf(each -> now - each.lastNanos > HEARD_NANOS);
    String found = null;
    for (Map.Entry<String, Stranger> each : strangers.entrySet()) {
      if (each.getValue().lastNanos - each.getValue().firstNanos > FIRST_OFFER_NANOS) {
        found = each.getKey();
      }
    }
    if ((found != null) != mixed) {
      mixed = found != null;
      report(found);
    }
  }

  private void report(@Nullable String found) {
    if (found != null) {
      log.warning(
          "The sentinel %s grants no leases: it is not a sentinel of Redoubt. Until it is"
              + " replaced, this master accepts writes without a lease, as with sentinel-lease no.",
          found);
    } else {
      log.notice("All sentinels grant leases: writes require one.");
    }
  }

  private void review() {
    state.set(Refusal.WITHOUT_LEASE, isOn() && !mixed && isNeeded());
  }

  private List<String> lines() {
    List<String> lines = new ArrayList<>();
    tables.forEach(
        (group, table) -> table.sentinels().forEach(sentinel -> lines.add(key(group, sentinel))));
    return mixed ? List.of() : lines;
  }

  /** Saves the sentinels that grant leases, if they have changed or could not be saved. */
  private void save() {
    List<String> lines = lines();
    Set<String> now = Set.copyOf(lines);
    if (now.equals(saved)) {
      file.retry(path());
      return;
    }
    saved = now;
    file.save(path(), lines);
  }

  /** Waits for the writes in progress. */
  public void close() {
    file.close();
  }
}
