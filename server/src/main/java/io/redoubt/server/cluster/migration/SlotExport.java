package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.migration.Migration.State;
import java.util.ArrayList;
import java.util.List;

/**
 * A migration at its source. See {@link SlotMigrations} for the protocol.
 *
 * <p>Once the target has been allowed to claim the slots, this node can't tell by itself whether it
 * did. Writes stay paused until the target's claim arrives over the bus, the target replies that it
 * made none, or the cluster marks the target as failed. In the last case this node takes an epoch
 * greater than that of the possible claim, so that the claim loses whenever it appears.
 */
final class SlotExport implements TargetLink.User {
  private static final long SLICE_NANOS = 1_000_000;
  private static final long SLICE_PAUSE_MILLIS = 2;
  private static final long MAX_WAITING_BYTES = 256 << 10;
  private static final long MAX_CHANGES_BYTES = 256L << 20;
  private static final long MAX_UNANSWERED_AT_PAUSE = 2000;
  private static final long MAX_PAUSE_MILLIS = 5000;
  private static final long PING_MILLIS = 1000;

  private final MigrationParts parts;
  private final Migration migration;
  private final Runnable ended;
  private final TargetLink link;
  private final KeyDelivery delivery;
  private final OutcomeInquiry inquiry;
  private long pausedMillis;
  private long pingedMillis;
  private final Pauses pauses;
  private long epoch;
  private boolean sent;
  private boolean isUncertain;

  SlotExport(MigrationParts parts, Migration migration, Runnable ended) {
    this.parts = parts;
    this.migration = migration;
    this.ended = ended;
    ServerClients connected = parts.clients();
    ClientRegistry registry = connected.registry();
    pauses = registry.pauses();
    link = new TargetLink(parts, this);
    inquiry =
        new OutcomeInquiry(
            parts,
            requestOfSlots("CLUSTER", "SYNCSLOTS", "OUTCOME", migration.name()),
            this::outcome);
    delivery = new KeyDelivery(parts, migration.slots(), link.queue(), this::fail);
  }

  Migration migration() {
    return migration;
  }

  private Cluster cluster() {
    return parts.cluster().get();
  }

  private void enter(State state) {
    migration.enter(state, "", parts.nowSeconds());
  }

  /** Starts the migration by connecting to the target. */
  void start() {
    Node target = cluster().node(migration.target());
    if (target == null) {
      fail("The target is not known any more");
      return;
    }
    enter(State.CONNECTING);
    link.connect(target);
  }

  @Override
  public void onOpened() {
    enter(State.ESTABLISHING);
    link.logIn();
    List<String> words =
        requestOfSlots(
            "CLUSTER",
            "SYNCSLOTS",
            "ESTABLISH",
            "SOURCE",
            migration.source(),
            "NAME",
            migration.name());
    link.ask(this::onEstablished, words.toArray(String[]::new));
  }

  /** Returns a request with the slot ranges appended. */
  private List<String> requestOfSlots(String... start) {
    List<String> words = new ArrayList<>(List.of(start));
    words.add("SLOTSRANGE");
    migration
        .slots()
        .forEachRange((first, last) -> {
          words.add(Integer.toString(first));
          words.add(Integer.toString(last));
        });
    return words;
  }

  private void onEstablished(Reply reply) {
    if (reply instanceof Reply.Error error) {
      fail("The target refused the migration: " + error.message());
      return;
    }
    enter(State.SNAPSHOTTING);
    delivery.start();
    parts.transport().loop().execute(this::send);
  }

  /** Sends keys for a slice of time while the target keeps up. */
  private void send() {
    if (migration.state() != State.SNAPSHOTTING) {
      return;
    }
    long end = parts.clock().monotonicNanos() + SLICE_NANOS;
    boolean more = true;
    while (more
        && link.queue().waitingBytes() < MAX_WAITING_BYTES
        && parts.clock().monotonicNanos() < end
        && migration.state() == State.SNAPSHOTTING) {
      more = delivery.step();
    }
    if (migration.state() != State.SNAPSHOTTING) {
      return;
    }
    link.queue().pump();
    if (more) {
      parts.transport().loop().schedule(this::send, SLICE_PAUSE_MILLIS);
    } else {
      enter(State.REPLICATING);
      onProgress();
    }
  }

  @Override
  public void onProgress() {
    migration.setHeard(parts.nowSeconds());
    migration.setRemainingBytes(link.queue().waitingBytes());
    if (migration.state() == State.REPLICATING
        && link.unanswered() <= MAX_UNANSWERED_AT_PAUSE
        && !parts.dispatcher().isInUnit()) {
      parts.transport().loop().execute(this::pause);
    }
  }

  /** Pauses writes, then sends FINISH, so that all earlier writes precede it. */
  private void pause() {
    if (migration.state() != State.REPLICATING) {
      return;
    }
    if (parts.dispatcher().isInUnit()) {
      parts.transport().loop().schedule(this::pause, 1);
      return;
    }
    pausedMillis = parts.nowMillis();
    pauses.begin(Pauses.Cause.MIGRATION, Pauses.Scope.WRITES, Long.MAX_VALUE);
    enter(State.PAUSED);
    link.ask(this::onFinished, "CLUSTER", "SYNCSLOTS", "FINISH");
  }

  private void onFinished(Reply reply) {
    if (!(reply instanceof Reply.Integer(long epochOfTarget))) {
      fail("The target could not finish: " + text(reply));
      return;
    }
    if (!ownsAll(cluster().me())) {
      fail("This node does not own all the slots any more");
      return;
    }
    epoch = Math.max(epochOfTarget, cluster().currentEpoch()) + 1;
    sent = true;
    enter(State.GRANTED);
    link.ask(this::onClaimed, "CLUSTER", "SYNCSLOTS", "CLAIM", Long.toString(epoch));
  }

  private static String text(Reply reply) {
    return reply instanceof Reply.Error error ? error.message() : reply.toString();
  }

  private void onClaimed(Reply reply) {
    if (reply instanceof Reply.Error error) {
      sent = false;
      fail("The target could not take over: " + error.message());
    }
    // on success the target's claim arrives over the bus
  }

  /** Ends the migration if the owner of the slots or the target's membership has changed. */
  void onTopologyChange() {
    if (migration.state().isOver()) {
      return;
    }
    Node target = cluster().node(migration.target());
    if (sent && target != null && ownsAll(target)) {
      end(State.SUCCESS, "");
    } else if (!ownsAll(cluster().me())) {
      sent = false;
      fail("This node does not own all the slots any more");
    } else if (target == null && !sent) {
      fail("The target is not known any more");
    }
  }

  private boolean ownsAll(Node node) {
    return cluster().ownsAll(node, migration.slots());
  }

  void tick() {
    if (migration.state().isOver()) {
      return;
    }
    long now = parts.nowMillis();
    migration.setRemainingBytes(link.queue().waitingBytes());
    if (isUncertain) {
      inquire();
      return;
    }
    if (now - link.heardMillis() > parts.timeoutMillis()) {
      onBroken("The target has been silent for too long");
    } else if (link.queue().waitingBytes() > MAX_CHANGES_BYTES) {
      onBroken("The target can't keep up with the changes");
    } else if (migration.state() == State.PAUSED && now - pausedMillis > MAX_PAUSE_MILLIS) {
      fail("The target did not catch up while writes were paused");
    } else if (migration.state() == State.GRANTED && now - pausedMillis > MAX_PAUSE_MILLIS) {
      onBroken("The target did not take over in time");
    } else if (migration.state() == State.REPLICATING || migration.state() == State.SNAPSHOTTING) {
      if (now - pingedMillis >= PING_MILLIS) {
        pingedMillis = now;
        link.queue().request("PING");
        link.queue().pump();
      }
      onProgress();
    }
  }

  @Override
  public void onBroken(String reason) {
    if (!sent) {
      fail(reason);
      return;
    }
    link.close();
    isUncertain = true;
    parts.log().warning("Slot migration %s: %s; asking for the outcome", migration.name(), reason);
  }

  /** Asks the target for the outcome until it answers or is marked as failed. */
  private void inquire() {
    Node target = cluster().node(migration.target());
    if (target == null || (target.hasFailed() && cluster().isServing())) {
      Output unused = parts.decide().apply(new Input.Outbid(epoch));
      sent = false;
      fail("The target failed at the take-over");
      return;
    }
    inquiry.advance(target);
  }

  private void outcome(Reply reply) {
    if (reply instanceof Reply.Simple(String text) && text.equals("NONE") && isUncertain) {
      sent = false;
      fail("The target did not take over");
    }
    // otherwise the target has taken over, and its claim arrives over the bus
  }

  /** Returns true if the target may have taken over, so that the migration can't be cancelled. */
  boolean isTakenOver() {
    return sent;
  }

  /** Releases all resources at shutdown, without recording a result. */
  void stop() {
    delivery.close();
    link.close();
    inquiry.close();
  }

  /** Ends the migration by an operator's order; returns false if the target may have taken over. */
  boolean cancel() {
    if (sent) {
      return false;
    }
    end(State.CANCELLED, "");
    return true;
  }

  void fail(String reason) {
    if (sent) {
      onBroken(reason);
    } else {
      end(State.FAILED, reason);
    }
  }

  private void end(State state, String reason) {
    if (migration.state().isOver()) {
      return;
    }
    migration.enter(state, reason, parts.nowSeconds());
    isUncertain = false;
    delivery.close();
    link.close();
    inquiry.close();
    if (pausedMillis != 0) {
      parts
          .log()
          .notice(
              "Slot migration %s paused writes for %d ms",
              migration.name(), parts.nowMillis() - pausedMillis);
      pauses.end(Pauses.Cause.MIGRATION);
    }
    parts
        .log()
        .notice(
            "Slot migration %s of slots %s to %s: %s%s%s",
            migration.name(),
            migration.ranges(),
            migration.target(),
            state.wireName(),
            reason.isEmpty() ? "" : ": ",
            reason);
    ended.run();
  }
}
