package io.redoubt.server.cluster.migration;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.NodeIds;
import io.redoubt.server.cluster.migration.Migration.State;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.keyspace.DatabaseIndex;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The atomic migrations of slots from and to this node, including finished ones. This node exports
 * one at a time; others wait. Confined to the event loop.
 *
 * <p>The protocol: the source connects as a client and asks the target to stage the slots
 * (ESTABLISH). It sends each key and afterwards its changes ({@link KeyDelivery}). The target
 * executes them in its staged databases, which are replicated and logged like any other. Once few
 * requests are unanswered, the source pauses writes and sends FINISH: the target moves the keys to
 * their databases and replies when this is as durable as any write. Then the source lets it claim
 * the slots with an epoch chosen by the source (CLAIM). The target persists the epoch and the claim
 * before it announces them over the bus, and the announcement ends the pause.
 */
public final class SlotMigrations {
  /**
   * A propagated effect by which replicas and append-only files follow the migrations of a master.
   */
  public enum Effect {
    /** Moves the staged keys of the slots to their databases. */
    TAKE,
    /** Deletes the staged keys of the slots. */
    DROP,
    /** Announces that the keys of the slots will be deleted, because another node owns them. */
    LOST;

    private final byte[][] words = {
      "CLUSTER".getBytes(US_ASCII), "SYNCSLOTS".getBytes(US_ASCII), name().getBytes(US_ASCII)
    };

    /** Returns the words of the command that precede the slots; must not be changed. */
    byte[][] words() {
      return words;
    }
  }

  private static final int MAX_LISTED = 1000;
  private static final long TICK_MILLIS = 100;

  private final MigrationParts parts;
  private final SlotDrops drops;
  private final StagedKeys staged;
  private final Deque<Migration> listed = new ArrayDeque<>();
  private final Deque<Migration> waiting = new ArrayDeque<>();
  private final List<SlotImport> imports = new ArrayList<>();
  private final FlushWatch flushes;
  private @Nullable SlotExport export;
  private @Nullable Cancellable ticks;

  /** Creates an empty list of migrations. */
  public SlotMigrations(MigrationParts parts) {
    this.parts = parts;
    drops = new SlotDrops(parts);
    staged = new StagedKeys(parts, drops);
    flushes = new FlushWatch(parts, this::onFlushed);
  }

  private Cluster cluster() {
    return parts.cluster().get();
  }

  /** Starts to check timeouts, once the data set is loaded. */
  public void start() {
    staged.settle(cluster(), true);
    drops.finishAll();
    ticks = parts.transport().loop().every(this::tick, TICK_MILLIS);
  }

  /** Stops a running export, at shutdown. */
  public void stop() {
    if (ticks != null) {
      ticks.cancel();
    }
    if (export != null) {
      export.stop();
    }
  }

  /**
   * Deletes the keys of lost slots in slices. The report of a loss may be delayed by the disk, so
   * slots that have come back meanwhile, with new keys, are spared.
   */
  public void deleteLost(SlotSet told) {
    SlotSet slots = told.copy();
    slots.removeAll(cluster().me().slots());
    for (SlotImport each : imports) {
      if (each.isUnstaged()) {
        slots.removeAll(each.slots());
      }
    }
    boolean migrated = false;
    for (Migration each : listed) {
      migrated |= each.exports() && each.slots().intersects(slots);
    }
    if (migrated) { // only then: Redis can't read a file with this effect
      noteLoss(slots);
    }
    drops.add(slots);
  }

  /**
   * Deletes all keys of a slot for CLUSTER FLUSHSLOT, each with its effect and event; returns their
   * number. Staged keys remain.
   */
  public long flush(int slot, boolean lazily) {
    return drops.flush(slot, lazily);
  }

  private void noteLoss(SlotSet slots) {
    staged.recordLoss(slots);
    parts.dispatcher().endSliceUnlessInUnit();
  }

  private void tick() {
    if (export != null) {
      export.tick();
    }
    long now = parts.clock().wallMillis();
    for (SlotImport each : List.copyOf(imports)) {
      if (now - each.client().lastInteractionMillis() > parts.timeoutMillis()) {
        fail(each, "The source has been silent for too long");
      }
    }
  }

  /** Returns the migrations, the latest first. */
  public Iterable<Migration> all() {
    return listed;
  }

  public int count() {
    return listed.size();
  }

  private void list(Migration migration) {
    listed.addFirst(migration);
    while (listed.size() > MAX_LISTED && listed.getLast().state().isOver()) {
      listed.removeLast();
    }
  }

  // At the source.

  /** Returns true if an unfinished migration from this node contains the slot. */
  public boolean isExported(int slot) {
    for (Migration each : listed) {
      if (each.exports() && !each.state().isOver() && each.slots().contains(slot)) {
        return true;
      }
    }
    return false;
  }

  /** Starts to migrate slots of this node to another master. */
  public void migrate(SlotSet slots, String target) {
    Migration migration =
        new Migration(
            name(), true, slots, cluster().myId(), target, State.WAITING, parts.nowSeconds());
    list(migration);
    waiting.add(migration);
    parts
        .log()
        .notice(
            "Slot migration %s of slots %s to %s was ordered",
            migration.name(), migration.ranges(), target);
    next();
  }

  private String name() {
    StringBuilder name = new StringBuilder(NodeIds.LENGTH);
    for (int i = 0; i < NodeIds.LENGTH; i++) {
      name.append(Character.forDigit(parts.random().nextInt(16), 16));
    }
    return name.toString();
  }

  private void next() {
    Migration migration = export == null ? waiting.poll() : null;
    if (migration != null) {
      SlotExport started = new SlotExport(parts, migration, this::onExportEnd);
      export = started;
      parts
          .transport()
          .loop()
          .execute(() -> {
            if (!migration.state().isOver()) {
              started.start();
            }
          });
    }
  }

  private void onExportEnd() {
    export = null;
    next();
  }

  /**
   * Returns true if the running export can't be cancelled any more, since the target may have taken
   * over.
   */
  public boolean isTakenOver() {
    return export != null && export.isTakenOver();
  }

  /**
   * Cancels all migrations from this node that can still be cancelled; returns false if there are
   * none.
   */
  public boolean cancel() {
    boolean any = false;
    for (Migration each = waiting.poll(); each != null; each = waiting.poll()) {
      each.enter(State.CANCELLED, "", parts.nowSeconds());
      any = true;
    }
    if (export != null) {
      any |= export.cancel();
    }
    return any;
  }

  // At the target.

  /** Returns the reason why this node can't import the slots, or null if it can. */
  public @Nullable String refusal(String source, SlotSet slots) {
    Cluster cluster = cluster();
    Node owner = cluster.node(source);
    if (cluster.me().isReplica()) {
      return "Slot migration can only be used on primary nodes.";
    }
    if (owner == null) {
      return "Unknown node name: " + source;
    }
    if (!cluster.ownsAll(owner, slots)) {
      return "Slots are not served by the source node";
    }
    boolean[] manual = {false};
    slots.forEach(slot -> manual[0] |= cluster.importingFrom(slot) != null);
    if (manual[0]) {
      return "Slots are being manually imported";
    }
    for (SlotImport each : imports) {
      if (each.slots().intersects(slots)) {
        return "I am already importing some of the slots";
      }
    }
    return null;
  }

  /** Starts an import: the client's writes go to the staged database. */
  public void establish(ServerClient client, String source, String name, SlotSet slots) {
    Migration migration =
        new Migration(
            name, false, slots, source, cluster().myId(), State.SNAPSHOTTING, parts.nowSeconds());
    list(migration);
    SlotImport started =
        new SlotImport(
            migration, client, lost -> fail(lost, "The connection to the source was lost"));
    imports.add(started);
    flushes.watch(true);
    staged.drop(slots); // an earlier append-only file may have left some
    client.stageInto(DatabaseIndex.FIRST_STAGED);
    client.setCompanion(started);
    parts.log().notice("Slot migration %s of slots %s from %s", name, migration.ranges(), source);
  }

  private @Nullable SlotImport of(ServerClient client) {
    for (SlotImport each : imports) {
      if (each.client() == client) {
        return each;
      }
    }
    return null;
  }

  /** Moves the staged keys to their databases; returns false if the client has no migration. */
  public boolean finish(ServerClient client) {
    SlotImport finished = of(client);
    if (finished == null) {
      return false;
    }
    finished.markUnstaged();
    staged.take(finished.slots());
    finished.migration().enter(State.GRANTED, "", parts.nowSeconds());
    return true;
  }

  /** Returns the order to claim the slots, or null before {@link #finish}. */
  public @Nullable Input claim(ServerClient client, long epoch) {
    SlotImport finished = of(client);
    return finished == null || !finished.isUnstaged()
        ? null
        : new Input.TakeSlots(finished.slots(), finished.migration().source(), epoch);
  }

  /** Ends the import if the order to claim the slots was refused. */
  public void onClaimResult(ServerClient client, Output result) {
    SlotImport finished = of(client);
    if (finished != null && result instanceof Output.Refused(String error)) {
      end(finished, error, false); // keeps the connection, so that the source gets the reply
    }
  }

  /**
   * Ends a migration of this name if it is still running, so that no claim can follow, and returns
   * true if this node owns the slots. The answer to an {@link OutcomeInquiry}.
   */
  public boolean hasTaken(String name, SlotSet slots) {
    for (SlotImport each : List.copyOf(imports)) {
      if (each.migration().name().equals(name)) {
        fail(each, "The source has given up");
      }
    }
    return owns(slots);
  }

  private boolean owns(SlotSet slots) {
    return cluster().ownsAll(cluster().me(), slots);
  }

  private void fail(SlotImport ended, String reason) {
    end(ended, reason, true);
  }

  /** Ends an import. It has succeeded if this node owns the slots. */
  private void end(SlotImport ended, String reason, boolean closes) {
    if (!imports.remove(ended)) {
      return;
    }
    flushes.watch(!imports.isEmpty());
    Migration migration = ended.migration();
    boolean success = owns(migration.slots());
    migration.enter(
        success ? State.SUCCESS : State.FAILED, success ? "" : reason, parts.nowSeconds());
    ended.client().endStaging();
    if (closes) {
      ended.client().closeSoon();
    }
    if (!success) {
      if (ended.isUnstaged()) {
        drops.add(migration.slots());
      }
      staged.drop(migration.slots()); // all, or those left if memory ran out
      parts.dispatcher().endSliceUnlessInUnit();
    }
    parts
        .log()
        .notice(
            "Slot migration %s of slots %s from %s: %s%s",
            migration.name(),
            migration.ranges(),
            migration.source(),
            migration.state().wireName(),
            success ? "" : ": " + reason);
  }

  private void onFlushed() {
    for (SlotImport each : List.copyOf(imports)) {
      fail(each, "The database was flushed");
    }
  }

  // At both.

  /** Executes an effect received from the master or read from a file. */
  public void executeEffect(Effect effect, SlotSet slots) {
    switch (effect) {
      case TAKE -> staged.onTake(slots);
      case DROP -> staged.drop(slots);
      case LOST -> staged.onLost(slots);
    }
  }

  /** Called after slots, nodes or roles have changed. */
  public void onTopologyChange() {
    if (export != null) {
      Migration migration = export.migration();
      export.onTopologyChange();
      if (migration.state() == State.SUCCESS) {
        // Precedes the write of nodes.conf with the new owner; otherwise a crash in between would
        // keep the keys.
        noteLoss(migration.slots());
      }
    }
    Cluster cluster = cluster();
    if (cluster.me().isReplica()) {
      for (Migration each = waiting.poll(); each != null; each = waiting.poll()) {
        each.enter(State.FAILED, "This node is a replica", parts.nowSeconds());
      }
    }
    for (SlotImport each : List.copyOf(imports)) {
      checkOwner(cluster, each);
    }
    staged.settle(cluster, imports.isEmpty());
    drops.finish(cluster::keepsKeysOf);
  }

  private void checkOwner(Cluster cluster, SlotImport each) {
    if (cluster.me().isReplica()) {
      fail(each, "This node is a replica");
    } else if (owns(each.slots())) {
      end(each, "", false);
    } else if (!cluster.ownsAll(cluster.node(each.migration().source()), each.slots())) {
      fail(each, "The source does not own all the slots any more");
    }
  }
}
