package io.redoubt.server.lifecycle;

import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.Pauses.Cause;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.command.admin.ServerCommands;
import io.redoubt.server.command.admin.ServerCommands.SaveWish;
import io.redoubt.server.command.admin.ServerCommands.ShutdownMode;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.ReplicationParts;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Shuts the server down: waits for the first append-only file and for lagging replicas, saves the
 * data set if configured, and ends the server.
 */
public final class Shutdown implements ServerCommands.Shutdown {
  /** The server that is shut down. */
  public interface Host {
    boolean isCronPaused();

    /** Returns the hash slots of the server. */
    Slots slots();

    /** Stops serving and then ends the process; no further request is executed. */
    void end();
  }

  /** The hash slots of the server; without cluster mode there are none. */
  public interface Slots {
    /** Returns true if the server is a master of a cluster that owns slots. */
    boolean areOwned();

    /**
     * Asks a replica to take the slots over.
     *
     * @param replicas the number of replicas that follow the stream
     * @return false if there is none to ask
     */
    boolean startHandover(int replicas);

    /** Asks further replicas as needed; returns false if all have failed. */
    boolean advanceHandover(int replicas);

    /** Asks no further replica. */
    void stopHandover();

    /** Leaves the cluster's bus for good, once the last state of the cluster is durable. */
    void leave();
  }

  private static final long LOOK_MILLIS = 50;

  /** The time limit of a handover, that of CLUSTER FAILOVER. */
  private static final long HANDOVER_MILLIS = 5000;

  private final ServerDirectives settings;
  private final ServerState state;
  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final ClientRegistry clients;
  private final Snapshots snapshots;
  private final ReplicationParts replication;
  private final AppendOnlyFile appendOnlyFile;
  private final Host host;
  private final Slots slots;
  private final List<Blocked> blocked = new ArrayList<>();
  private volatile boolean asked;
  private @Nullable Runnable signalled;
  private @Nullable Cancellable waiting;
  private boolean holdsWrites;

  /** True once the process is about to exit, although the loop still runs. */
  private boolean over;

  private long deadlineNanos;

  /** The state of the handover of a shutdown in progress. */
  private Handover handover = Handover.NONE;

  private long handoverEndNanos;

  private enum Handover {
    /** None was requested, or it has ended. */
    NONE,
    /** Starts once a replica has caught up, or at the deadline. */
    REQUESTED,
    RUNNING
  }

  /** Creates a shutdown that has not been requested. */
  public Shutdown(
      ServerDirectives settings,
      ServerState state,
      Environment environment,
      ServerClients clients,
      Snapshots snapshots,
      ReplicationParts replication,
      AppendOnlyFile appendOnlyFile,
      Host host) {
    this.settings = settings;
    this.state = state;
    this.loop = clients.loop();
    this.clock = environment.clock();
    this.log = environment.log();
    this.clients = clients.registry();
    this.snapshots = snapshots;
    this.replication = replication;
    this.appendOnlyFile = appendOnlyFile;
    this.host = host;
    this.slots = host.slots();
  }

  /** Declares the INFO field with the remaining time of a shutdown in progress. */
  public void declareInfo(Section section) {
    section
        .when(() -> waiting != null)
        .number(
            "shutdown_in_milliseconds",
            () -> Math.max(0, (endNanos() - clock.monotonicNanos()) / 1_000_000))
        .always();
  }

  /** Records a signal that requests a shutdown. May be called on any thread. */
  public void onSignal() {
    asked = true;
  }

  /** Returns true if a shutdown requested by a signal is not done. May be called on any thread. */
  public boolean isAsked() {
    return asked;
  }

  /** Cancels and prevents any shutdown, because the server has failed and its process is ending. */
  public void onServeFailure() {
    stopWaiting();
    over = true;
  }

  /** Returns true if a shutdown has been requested or is in progress. Called on the event loop. */
  public boolean isUnderWay() {
    return asked || waiting != null || over;
  }

  /** Starts a shutdown by signal, at once or when cron is resumed. */
  public void scheduleBySignal(ShutdownMode mode) {
    signalled =
        () -> {
          if (!begin(mode)) {
            onFailure();
          }
        };
    if (!host.isCronPaused()) {
      takeSignal();
    }
  }

  /** Starts a shutdown that was deferred while cron was suspended. */
  public void takeSignal() {
    Runnable begin = signalled;
    if (begin != null) {
      signalled = null;
      begin.run();
    }
  }

  @Override
  public boolean begin(ShutdownMode mode) {
    if (over) {
      return true; // the process is about to exit and would interrupt another save
    }
    boolean handsOver = mode.failover() && slots.areOwned() && state.isDataWhole();
    if (!handsOver && isUnsafe(mode)) {
      return false;
    }
    if (mode.failover() && !handsOver) {
      log.notice("This server owns no hash slots, so there is nothing to hand over.");
    }
    boolean now = mode.now();
    if (waiting != null) {
      if (!now) {
        return true;
      }
      stopWaiting();
    }
    if (!state.isDataWhole()) {
      log.warning("Received shutdown signal during loading, exiting now.");
      return finish(SaveWish.NOSAVE, true); // an incomplete data set must not replace the file
    }
    log.warning("User requested shutdown...");
    long millis = now ? 0 : settings.shutdownTimeout.value() * 1000L;
    if (!handsOver && (millis == 0 || !(waitsForFile(mode.force()) || waitsForReplicas()))) {
      return finish(mode.save(), mode.force());
    }
    handover = handsOver ? Handover.REQUESTED : Handover.NONE;
    deadlineNanos = clock.monotonicNanos() + millis * 1_000_000;
    waiting = loop.every(() -> advance(mode), LOOK_MILLIS);
    advance(mode);
    return waiting != null || over;
  }

  /** Returns true if the shutdown would take slots from the cluster, and must not. */
  private boolean isUnsafe(ShutdownMode mode) {
    if (!mode.safe() || !slots.areOwned()) {
      return false;
    }
    log.warning("This master owns hash slots of the cluster; it is not safe to shut it down.");
    return !mode.force();
  }

  /** Returns true while the first append-only file is incomplete; an exit would lose data. */
  private boolean waitsForFile(boolean force) {
    return !force && appendOnlyFile.isWritingFirst();
  }

  private boolean waitsForReplicas() {
    return !replication.laggingReplicas().isEmpty();
  }

  private void advance(ShutdownMode mode) {
    boolean early = clock.monotonicNanos() < deadlineNanos;
    if (early && waitsForFile(mode.force())) {
      return; // writes are not paused yet, since the file includes them
    }
    if (handover != Handover.NONE && awaitsHandover(mode, early)) {
      return;
    }
    if (early && waitsForReplicas()) {
      holdWrites("Waiting for replicas before shutting down.");
      return;
    }
    stopWaiting();
    if (!finish(mode.save(), mode.force())) {
      onFailure();
    }
  }

  /** Advances the handover; returns true while the shutdown waits for it, or is refused. */
  private boolean awaitsHandover(ShutdownMode mode, boolean early) {
    if (handover == Handover.REQUESTED) {
      if (early && replication.replicaCount() > 0 && !isAnyReplicaInSync()) {
        return false; // the handover would have to wait as well, for a shorter time
      }
      handover = Handover.RUNNING;
      handoverEndNanos = clock.monotonicNanos() + HANDOVER_MILLIS * 1_000_000;
      holdWrites("Handing the slots over to a replica before shutting down.");
      pauseWrites(); // until the end of the handover, if that is later
      if (slots.startHandover(replication.replicaCount())) {
        return true;
      }
    } else if (!slots.areOwned()) {
      endHandover();
      log.notice("A replica has taken over the slots.");
      releaseWrites(); // paused clients are redirected before the next look
      return true;
    } else if (clock.monotonicNanos() < handoverEndNanos
        && slots.advanceHandover(replication.replicaCount())) {
      return true;
    }
    endHandover();
    log.warning("No replica has taken over the slots before the shutdown.");
    if (isUnsafe(mode)) {
      stopWaiting();
      onFailure();
      return true;
    }
    return false;
  }

  private void endHandover() {
    handover = Handover.NONE;
    slots.stopHandover();
  }

  private boolean isAnyReplicaInSync() {
    return replication.laggingReplicas().size() < replication.replicaCount();
  }

  private long endNanos() {
    return handover == Handover.RUNNING ? Math.max(deadlineNanos, handoverEndNanos) : deadlineNanos;
  }

  private void holdWrites(String reason) {
    if (!holdsWrites) {
      holdsWrites = true;
      log.notice("%s", reason);
      pauseWrites();
      replication.holdStream(true);
      replication.askForAcks();
    }
  }

  private void pauseWrites() {
    long millis = (endNanos() - clock.monotonicNanos()) / 1_000_000;
    clients.pauses().begin(Cause.SHUTDOWN, Pauses.Scope.WRITES, clock.wallMillis() + millis);
  }

  private void releaseWrites() {
    if (holdsWrites) {
      holdsWrites = false;
      clients.pauses().end(Cause.SHUTDOWN);
      replication.holdStream(false);
    }
  }

  private void stopWaiting() {
    if (waiting != null) {
      waiting.cancel();
      waiting = null;
    }
    endHandover();
    releaseWrites();
  }

  @Override
  public void await(ServerClient client) {
    if (waiting != null) {
      Blocked wait = new Blocked(client);
      blocked.add(wait);
      client.block(wait, 0);
    }
  }

  @Override
  public boolean abort() {
    if (waiting == null && signalled == null) {
      return false;
    }
    signalled = null;
    stopWaiting();
    refuse();
    log.notice("Shutdown manually aborted.");
    return true;
  }

  private void onFailure() {
    log.warning("Errors trying to shut down the server. Check the logs for more information.");
    refuse();
  }

  /** Cancels the shutdown and replies to the clients that wait for it. */
  private void refuse() {
    asked = false;
    for (Blocked wait : List.copyOf(blocked)) {
      wait.client.timeOut();
    }
  }

  private boolean finish(SaveWish save, boolean force) {
    List<String> lagging = replication.laggingReplicas();
    lagging.forEach(line -> log.warning("%s", line));
    int replicas = replication.replicaCount();
    if (replicas > 0) {
      log.notice(
          "%d of %d replicas are in sync when shutting down.", replicas - lagging.size(), replicas);
    }
    if (!appendOnlyFile.finish(force)) {
      return false;
    }
    boolean saves =
        save == SaveWish.SAVE
            || (save == SaveWish.CONFIGURED && !settings.persistence.save.value().isEmpty());
    if (saves) {
      log.notice("Saving the final RDB snapshot before exiting.");
      if (snapshots.shutdownSave().isError() && !force) {
        log.warning("Error trying to save the DB, can't exit.");
        return false;
      }
    } else {
      snapshots.abortSave();
    }
    over = true;
    log.warning("Redis is now ready to exit, bye bye...");
    appendOnlyFile.dropJournal();
    replication.deleteReceived();
    host.end();
    return true;
  }

  /** A client blocked in SHUTDOWN; it gets a reply only if the shutdown fails. */
  private final class Blocked implements Waiting {
    private final ServerClient client;

    Blocked(ServerClient client) {
      this.client = client;
    }

    @Override
    public void onTimeout() {
      client.reply().error(ServerCommands.SHUTDOWN_FAILED.text());
      client.flushSoon();
    }

    @Override
    public boolean endsWithRole() {
      return false; // after a handover it waits for the end of the process
    }

    @Override
    public void onEnd() {
      blocked.remove(this);
    }
  }
}
