package io.redoubt.server.replication;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.replication.group.WriteAcks;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.replica.Takeover;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.StreamRequests;
import io.redoubt.server.settings.HostPort;
import org.jspecify.annotations.Nullable;

/**
 * FAILOVER: a master transfers its role to a replica without losing a write. Writes pause, the
 * replica catches up, and this server asks it by {@code PSYNC ... FAILOVER} to become the master.
 * Once the replica has agreed, paused writes are refused, as this server is a replica. If it
 * refuses, this server becomes master again.
 */
final class Failover implements Takeover {
  /** The progress of a failover. */
  enum Step {
    NONE("no-failover"),
    CATCHING_UP("waiting-for-sync"),
    HANDING_OVER("failover-in-progress");

    private final String label;

    Step(String label) {
      this.label = label;
    }

    /** Returns the name in INFO. */
    String label() {
      return label;
    }
  }

  private final Log log;
  private final Loop loop;
  private final Pauses pauses;
  private final ReplicaFeeds feeds;
  private final StreamRequests requests;
  private final ReplicationStream stream;
  private final WriteAcks writeAcks;
  private final RoleChange roles;
  private Step step = Step.NONE;
  private @Nullable HostPort target;
  private boolean forced;
  private @Nullable Cancellable timeout;

  /** Changes the role of this server. */
  interface RoleChange {
    void follow(String host, int port);

    void becomeMaster();
  }

  Failover(
      Log log,
      Loop loop,
      Pauses pauses,
      ReplicaFeeds feeds,
      StreamRequests requests,
      ReplicationStream stream,
      WriteAcks writeAcks,
      RoleChange roles) {
    this.log = log;
    this.loop = loop;
    this.pauses = pauses;
    this.feeds = feeds;
    this.requests = requests;
    this.stream = stream;
    this.writeAcks = writeAcks;
    this.roles = roles;
  }

  Step step() {
    return step;
  }

  boolean isUnderWay() {
    return step != Step.NONE;
  }

  @Override
  public boolean isHandingOver() {
    return step == Step.HANDING_OVER;
  }

  /**
   * Starts to wait for a replica to catch up.
   *
   * @param wanted the replica to promote; null for the first that has caught up
   * @param timeoutMillis time after which the failover is aborted, or with {@code force} completed
   *     regardless; 0 for never
   */
  void begin(@Nullable HostPort wanted, boolean force, long timeoutMillis) {
    if (wanted == null) {
      log.notice("FAILOVER requested.");
    } else {
      log.notice("FAILOVER requested to %s:%d.", wanted.host(), wanted.port());
    }
    target = wanted;
    forced = force;
    step = Step.CATCHING_UP;
    requests.askForAcks(); // the last thing in the stream
    pauses.begin(Pauses.Cause.FAILOVER, Pauses.Scope.WRITES, Long.MAX_VALUE);
    if (timeoutMillis > 0) {
      timeout = loop.schedule(this::onTimeout, timeoutMillis);
    }
    loop.execute(this::completeIfCaughtUp);
  }

  /**
   * Completes the wait if a replica has caught up; called after acknowledgements and each second.
   */
  void completeIfCaughtUp() {
    if (step != Step.CATCHING_UP || writeAcks.isWaiting()) {
      return; // replies that wait for more replicas are sent before the role changes
    }
    for (ReplicaFeed feed : feeds.all()) {
      String address = feed.address();
      HostPort wanted = target;
      if (!feed.isOnline() || address == null || !feed.has(stream.offset())) {
        continue;
      }
      HostPort name = new HostPort(address, feed.listeningPort());
      if (wanted == null || wanted.isSamePlace(name)) {
        log.notice("Failover target is synced, failing over to %s:%d.", address, name.port());
        target = name;
        handOver(name);
        return;
      }
    }
  }

  private void onTimeout() {
    HostPort wanted = target;
    if (step != Step.CATCHING_UP) {
      return;
    }
    if (forced && wanted != null) {
      log.notice(
          "Failover to %s:%d time out exceeded, failing over.", wanted.host(), wanted.port());
      handOver(wanted);
    } else {
      abort("Replica never caught up before timeout");
    }
  }

  private void handOver(HostPort next) {
    step = Step.HANDING_OVER;
    roles.follow(next.host(), next.port());
  }

  @Override
  public void onSuccess() {
    if (step == Step.HANDING_OVER) {
      over();
    }
  }

  @Override
  public void abort(String reason) {
    if (step == Step.NONE) {
      return;
    }
    HostPort wanted = target;
    if (wanted == null) {
      log.notice("Aborting failover. %s", reason);
    } else {
      log.notice("Aborting failover to %s:%d. %s", wanted.host(), wanted.port(), reason);
    }
    if (step == Step.HANDING_OVER) {
      roles.becomeMaster();
    }
    over();
  }

  private void over() {
    step = Step.NONE;
    target = null;
    if (timeout != null) {
      timeout.cancel();
      timeout = null;
    }
    pauses.end(Pauses.Cause.FAILOVER);
  }
}
