package io.redoubt.server.replication;

import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.settings.ServerDirectives;
import java.util.List;

/**
 * Adds to a master's stream what is not the effect of a command: pings, requests for
 * acknowledgements, and the configurations of the group. A replica adds nothing, as its stream is
 * that of its master.
 *
 * <p>While a successor waits for the end of the stream, nothing may be added that is not needed for
 * that: a real replica stands for election at exactly the offset that its master named.
 */
final class StreamRequests {
  private final ServerDirectives settings;
  private final Pauses pauses;
  private final ReplicationStream stream;
  private final Role role;

  /** Runs of the cron. */
  private long cronRuns;

  StreamRequests(ServerDirectives settings, Pauses pauses, ReplicationStream stream, Role role) {
    this.settings = settings;
    this.pauses = pauses;
    this.stream = stream;
    this.role = role;
  }

  private boolean isAwaitedBySuccessor() {
    return pauses.isPausedFor(Pauses.Cause.FAILOVER);
  }

  /**
   * Pings the replicas when it is time for that. Called each second.
   *
   * @param hasReplicas true if there is a replica
   */
  void cron(boolean hasReplicas) {
    cronRuns++;
    boolean due = cronRuns % settings.replication.replPingReplicaPeriod.value() == 0;
    if (due && hasReplicas && !role.isReplica() && !isAwaitedBySuccessor()) {
      join(stream::ping);
    }
  }

  /** Asks the replicas for their offsets. */
  void askForAcks() {
    if (!isAwaitedBySuccessor()) { // else they are told each second all the same
      ask(stream::askForAcks);
    }
  }

  /** Asks the replicas for their offsets, now and after each turn of theirs. */
  void askForTurnAcks() {
    if (!isAwaitedBySuccessor()) {
      ask(stream::askForTurnAcks);
    }
  }

  /** Asks the replicas to acknowledge no longer after each turn. */
  void endTurnAcks() {
    ask(stream::endTurnAcks);
  }

  /**
   * Sends the group's configurations to its members.
   *
   * @param tokens those of incomplete members
   */
  void announceGroup(GroupChain chain, List<String> tokens) {
    ask(() -> stream.announceGroup(chain.format(), String.join(",", tokens)));
  }

  private void ask(Runnable request) {
    if (!role.isReplica() && stream.backlog() != null) {
      join(request);
    }
  }

  private void join(Runnable addition) {
    try {
      addition.run();
    } catch (OutOfMemoryError full) { // part of it may have joined
      stream.lost();
    }
  }
}
