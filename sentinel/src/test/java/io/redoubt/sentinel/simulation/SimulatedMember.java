package io.redoubt.sentinel.simulation;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.group.GroupConfig;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A simulated data node as a member of an acknowledgement group: its log of writes, the
 * acknowledgements of its replicas, and its promises. Replicas lag by different amounts,
 * acknowledgements get lost, and a crash loses the end of the log.
 */
final class SimulatedMember {
  private static final int MOST_WRITES = 4;
  private static final int MOST_LOST = 6;

  private final SentinelFleet fleet;
  private final String id;
  private final Map<String, Integer> acks = new HashMap<>();
  private List<Long> log = new ArrayList<>();
  private GroupChain chain;
  private long term;

  /** The length of the log including the first entry of the term. */
  private int termStart;

  private long promised;
  private String promisedTo = "-";
  private long followed;

  /** The promised terms, by the sentinel's connection. */
  private final Map<SentinelConnections.Connection, Long> promises = new HashMap<>();

  private boolean complete = true;

  /** The length at which the log is complete again, as announced by the master. */
  private int completeAt;

  private @Nullable SimulatedMember announcedBy;
  private boolean replaced;
  private boolean forgetsPromises;
  private boolean reportsPriority;

  SimulatedMember(SentinelFleet fleet, String id, GroupConfig group) {
    this.fleet = fleet;
    this.id = id;
    this.chain = new GroupChain(group, List.of());
  }

  /** Makes it forget its promises in a crash. */
  void forgetPromises() {
    forgetsPromises = true;
  }

  /** Makes it report an offset that makes sentinels choose by priority. */
  void reportPriority() {
    reportsPriority = true;
  }

  String id() {
    return id;
  }

  List<Long> log() {
    return log;
  }

  /** Returns true for a master that may lack confirmed writes. */
  boolean isUnfit() {
    return !complete;
  }

  /** Returns true for a master that a failover has deposed or is deposing. */
  boolean isReplaced() {
    return replaced || promised > term;
  }

  private GroupConfig newest() {
    GroupConfig newest = chain.newest();
    return newest == null ? new GroupConfig(0, 0, 0, id, List.of(id)) : newest;
  }

  /** Restarts it: the end of its log may be lost. */
  void restart() {
    int lost = Math.min(log.size(), fleet.random().nextInt(MOST_LOST));
    log = new ArrayList<>(log.subList(0, log.size() - lost));
    complete = false;
    announcedBy = null;
    acks.clear();
    promises.clear();
    if (forgetsPromises) {
      promised = 0;
    }
  }

  /** Starts a full sync, before which it drops its group. */
  void startFullSync() {
    log = new ArrayList<>();
    chain = GroupChain.EMPTY;
    complete = false;
    announcedBy = null;
  }

  // Master.

  /**
   * Becomes a master, or is confirmed as one.
   *
   * @param ordered the term promised to the ordering sentinel, -1 without one
   */
  void onAppointed(boolean wasMaster, long ordered) {
    if (wasMaster && complete && promised <= term && !replaced) {
      return;
    }
    long last = chain.newest() == null ? -1 : newest().term();
    term = ordered == promised && promised > last ? promised : Math.max(promised, last) + 1;
    promised = term;
    followed = Math.max(followed, term);
    promisedTo = "-";
    complete = true;
    replaced = false;
    acks.clear();
    GroupConfig before = newest();
    chain = chain.proposed(new GroupConfig(term, 1, before.acks(), id, before.members()));
    log.add(fleet.rules().nextWrite());
    termStart = log.size();
  }

  /** Proposes a configuration with another number of acknowledgements. */
  void propose(int acks) {
    chain = chain.proposed(newest().changed(acks, newest().members()));
  }

  /** Accepts writes of clients. */
  void write() {
    if (!isUnfit()) {
      for (int i = fleet.random().nextInt(MOST_WRITES); i > 0; i--) {
        log.add(fleet.rules().nextWrite());
      }
    }
  }

  private void onAcknowledged(SimulatedMember replica) {
    if (replica.promised > term || promised > term) {
      replaced = true;
      return;
    }
    acks.merge(replica.id, replica.log.size(), Math::max);
    int needed = newest().acks();
    List<Integer> offsets =
        acks.values().stream().sorted(Comparator.reverseOrder()).limit(needed).toList();
    if (offsets.size() == needed && offsets.getLast() >= termStart) {
      chain = chain.settled();
      fleet.rules().onAcknowledged(log.subList(0, offsets.getLast()));
    }
  }

  /** Drops the acknowledgements of a replica whose connection is lost. */
  void onLost(SimulatedMember replica) {
    acks.remove(replica.id);
  }

  // Replica.

  /** Becomes the replica of another member. */
  void onDemoted() {
    complete = false;
    announcedBy = null;
    acks.clear();
  }

  /** Receives part of its master's log and acknowledges its length. */
  void replicate(SimulatedMember master) {
    if (master.isUnfit() || fleet.random().nextInt(3) == 0) {
      return;
    }
    List<Long> source = master.log;
    if (log.size() > source.size() || !source.subList(0, log.size()).equals(log)) {
      log = new ArrayList<>(); // a full sync
      chain = GroupChain.EMPTY;
      complete = false;
      announcedBy = null;
    }
    if (!complete && announcedBy != master) {
      announcedBy = master;
      completeAt = Math.max(source.size(), master.termStart);
    }
    int end = log.size() + fleet.random().nextInt(source.size() - log.size() + 1);
    log.addAll(source.subList(log.size(), end));
    if (log.size() >= master.termStart && master.newest().term() >= followed) {
      followed = master.newest().term();
      chain = master.chain;
      complete |= log.size() >= completeAt;
      if (newest().term() > promised) {
        promised = newest().term();
        promisedTo = "-";
      }
    }
    if (fleet.random().nextInt(5) != 0) {
      master.onAcknowledged(this);
    }
  }

  // Sentinels.

  /** Makes a promise; returns null if it has promised otherwise. */
  @Nullable FenceAnswer promise(
      long epoch, String to, SentinelConnections.@Nullable Connection connection, int priority) {
    if (epoch < promised || (epoch == promised && !to.equals(promisedTo))) {
      return null;
    }
    promised = epoch;
    promisedTo = to;
    if (connection != null) {
      promises.put(connection, epoch);
    }
    long offset = reportsPriority ? 1_000_000 - priority : log.size();
    return new FenceAnswer(id, offset, complete, chain);
  }

  /** Returns the term promised on a connection, -1 if there is none. */
  long promisedOn(SentinelConnections.Connection connection) {
    return promises.getOrDefault(connection, -1L);
  }

  long promised() {
    return promised;
  }

  /** Returns its lines of INFO. */
  List<String> info(boolean isMaster) {
    GroupConfig committed = chain.committed();
    String state =
        !complete
            ? "incomplete"
            : isMaster && isReplaced()
                ? "replaced"
                : isMaster && !chain.pending().isEmpty() ? "changing" : "ok";
    return List.of(
        "write_acks_node:" + id,
        "write_acks_group:" + (committed == null ? "-" : committed.format()),
        "write_acks_group_state:" + state);
  }
}
