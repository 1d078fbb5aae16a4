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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The migrations of slots from this node and to it, those that are over included. One at a time
 * leaves this node; the others wait. Confined to the event loop.
 *
 * <p>A migration goes as follows. The source connects as a client and asks the target to stage the
 * slots (ESTABLISH). It sends each key and then its changes ({@link KeyDelivery}); the target
 * executes them in its staged database, and so do its replicas and its append-only file. When
 * little is unanswered, the source pauses writes and asks the target to finish (FINISH): the target
 * moves the keys to where clients will find them. Its reply comes once that is as durable as any
 * write. Then the source lets it claim the slots (CLAIM) under an epoch that the source has chosen,
 * which the target saves before it tells the cluster. The claim, over the bus, ends the pause.
 */
public final class SlotMigrations {
  /** An order by which a master's replicas and files follow its migrations. */
  public enum Effect {
    /** The staged keys of the slots are moved to where clients find them. */
    TAKE,
    /** The staged keys of the slots are removed. */
    DROP,
    /** The keys of the slots are to be removed, since another node owns them. */
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

  /** Creates migrations, of which there are none yet. */
  public SlotMigrations(MigrationParts parts) {
    this.parts = parts;
    drops = new SlotDrops(parts);
    staged = new StagedKeys(parts, drops);
    flushes = new FlushWatch(parts, this::flushed);
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

  /** Ends a migration from this node, whose process ends. */
  public void stop() {
    if (ticks != null) {
      ticks.cancel();
    }
    if (export != null) {
      export.stop();
    }
  }

  /**
   * Removes the keys of slots, in slices, because another node owns them. The loss may be told
   * late, as it waits for the disk; slots that have come back meanwhile, with other keys, are kept.
   */
  public void lose(SlotSet told) {
    SlotSet slots = told.copy();
    slots.removeAll(cluster().me().slots());
    for (SlotImport each : imports) {
      if (each.isUnstaged()) {
        slots.removeAll(each.migration().slots());
      }
    }
    boolean migrated = false;
    for (Migration each : listed) {
      migrated |= each.exports() && each.slots().intersects(slots);
    }
    if (migrated) { // otherwise the file remains one that Redis can read
      noteLoss(slots);
    }
    drops.add(slots);
  }

  private void noteLoss(SlotSet slots) {
    staged.lose(slots);
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

  /** Returns the number of listed migrations. */
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

  /** Returns true if a slot is being migrated from this node. */
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
      SlotExport started = new SlotExport(parts, migration, this::exportEnded);
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

  private void exportEnded() {
    export = null;
    next();
  }

  /** Returns true if a migration has gone so far that only the target can end it. */
  public boolean isTakenOver() {
    return export != null && export.isTakenOver();
  }

  /** Cancels all migrations from this node that still can be; returns false if there is none. */
  public boolean cancel() {
    boolean any = false;
    for (Migration each = waiting.poll(); each != null; each = waiting.poll()) {
      each.entered(State.CANCELLED, "", parts.nowSeconds());
      any = true;
    }
    if (export != null) {
      any |= export.cancel();
    }
    return any;
  }

  // At the target.

  /** Returns the reason why this node can't be the target of a migration, null if it can. */
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
      if (each.migration().slots().intersects(slots)) {
        return "I am already importing some of the slots";
      }
    }
    return null;
  }

  /** Starts to stage what a client sends. */
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
    staged.drop(slots); // in case that an append-only file has some
    client.stages(parts.keyspace().count());
    client.companion(started);
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

  /** Moves the staged keys to where clients find them; returns false if there is no migration. */
  public boolean finish(ServerClient client) {
    SlotImport finished = of(client);
    if (finished == null) {
      return false;
    }
    finished.unstaged();
    staged.take(finished.migration().slots());
    finished.migration().entered(State.GRANTED, "", parts.nowSeconds());
    return true;
  }

  /** Returns the order that claims the slots, null if they are not ready. */
  public @Nullable Input claim(ServerClient client, long epoch) {
    SlotImport finished = of(client);
    return finished == null || !finished.isUnstaged()
        ? null
        : new Input.TakeSlots(finished.migration().slots(), finished.migration().source(), epoch);
  }

  /** Notes the result of the order to claim the slots. */
  public void claimed(ServerClient client, Output result) {
    SlotImport finished = of(client);
    if (finished != null && result instanceof Output.Refused(String error)) {
      end(finished, error, false); // the source is to get the reply
    }
  }

  /** Returns true if this node has taken over slots; ends the migration if it has not. */
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

  /** Ends an import; if its claim has been decided on already, it has succeeded. */
  private void end(SlotImport ended, String reason, boolean closes) {
    if (!imports.remove(ended)) {
      return;
    }
    flushes.watch(!imports.isEmpty());
    Migration migration = ended.migration();
    boolean success = owns(migration.slots());
    migration.entered(
        success ? State.SUCCESS : State.FAILED, success ? "" : reason, parts.nowSeconds());
    ended.client().endStaging();
    if (closes) {
      ended.client().closeSoon();
    }
    if (!success) {
      if (ended.isUnstaged()) {
        drops.add(migration.slots());
      }
      staged.drop(migration.slots()); // all of them, or those that memory did not suffice for
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

  private void flushed() {
    for (SlotImport each : List.copyOf(imports)) {
      fail(each, "The database was flushed");
    }
  }

  // On both.

  /** Executes an effect of the master, or of a file that is loaded. */
  public void told(Effect effect, SlotSet slots) {
    switch (effect) {
      case TAKE -> staged.toldToTake(slots);
      case DROP -> staged.drop(slots);
      case LOST -> staged.toldToLose(slots);
    }
  }

  /** Learns that owners of slots or roles have changed. */
  public void topologyChanged() {
    if (export != null) {
      Migration migration = export.migration();
      export.topologyChanged();
      if (migration.state() == State.SUCCESS) {
        // Before nodes.conf has the new owner: a restart between the two would keep the keys.
        noteLoss(migration.slots());
      }
    }
    Cluster cluster = cluster();
    if (cluster.me().isReplica()) {
      for (Migration each = waiting.poll(); each != null; each = waiting.poll()) {
        each.entered(State.FAILED, "This node is a replica", parts.nowSeconds());
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
    } else if (owns(each.migration().slots())) {
      end(each, "", false);
    } else if (!cluster.ownsAll(
        cluster.node(each.migration().source()), each.migration().slots())) {
      fail(each, "The source does not own all the slots any more");
    }
  }
}
