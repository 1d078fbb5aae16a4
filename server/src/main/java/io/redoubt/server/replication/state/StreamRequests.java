package io.redoubt.server.replication.state;

import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.settings.ServerDirectives;
import java.util.List;

/**
 * Adds to a master's stream everything but effects of commands: pings, requests for
 * acknowledgements, and the configurations of the group. A replica adds nothing, as its stream is
 * its master's.
 *
 * <p>During FAILOVER the successor waits for the end of the stream, which must not move further
 * than the takeover requires: a real replica accepts it only at exactly the offset that its master
 * named.
 */
public final class StreamRequests {
  private final ServerDirectives settings;
  private final Pauses pauses;
  private final ReplicationStream stream;
  private final Role role;

  /** The number of calls of {@link #cron}. */
  private long cronRuns;

  public StreamRequests(
      ServerDirectives settings, Pauses pauses, ReplicationStream stream, Role role) {
    this.settings = settings;
    this.pauses = pauses;
    this.stream = stream;
    this.role = role;
  }

  private boolean isAwaitedBySuccessor() {
    return pauses.isPausedFor(Pauses.Cause.FAILOVER);
  }

  /**
   * Pings the replicas if {@code repl-ping-replica-period} has passed. Called each second.
   *
   * @param hasReplicas true if there is a replica
   */
  public void cron(boolean hasReplicas) {
    cronRuns++;
    boolean due = cronRuns % settings.replication.replPingReplicaPeriod.value() == 0;
    if (due && hasReplicas && !role.isReplica() && !isAwaitedBySuccessor()) {
      join(stream::ping);
    }
  }

  /** Asks the replicas for their offsets. */
  public void askForAcks() {
    if (!isAwaitedBySuccessor()) { // otherwise replicas still acknowledge each second
      ask(stream::askForAcks);
    }
  }

  /** Requests the offsets of the replicas, now and after each of their turns. */
  public void askForTurnAcks() {
    if (!isAwaitedBySuccessor()) {
      ask(stream::askForTurnAcks);
    }
  }

  /** Stops the acknowledgements after each turn. */
  public void endTurnAcks() {
    ask(stream::endTurnAcks);
  }

  /**
   * Announces the group's configurations to its members.
   *
   * @param tokens tokens of incomplete members, which are complete from then on
   */
  public void announceGroup(GroupChain chain, List<String> tokens) {
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
    } catch (OutOfMemoryError full) { // a part may have been appended
      stream.onLost();
    }
  }
}
