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

    /** Returns true if the server is a master of a cluster that owns slots. */
    boolean ownsSlots();

    /** Stops serving and then ends the process; no further request is executed. */
    void end();
  }

  private static final long LOOK_MILLIS = 50;

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
  private final List<Blocked> blocked = new ArrayList<>();
  private volatile boolean asked;
  private @Nullable Runnable signalled;
  private @Nullable Cancellable waiting;
  private boolean holdsWrites;

  /** True once the process is about to exit, although the loop still runs. */
  private boolean over;

  private long deadlineNanos;

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
  }

  /** Declares the INFO field with the remaining time of a shutdown in progress. */
  public void declareInfo(Section section) {
    section
        .when(() -> waiting != null)
        .number(
            "shutdown_in_milliseconds",
            () -> Math.max(0, (deadlineNanos - clock.monotonicNanos()) / 1_000_000))
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
    if (mode.safe() && host.ownsSlots()) {
      log.warning("This master owns hash slots of the cluster; it is not safe to shut it down.");
      if (!mode.force()) {
        return false;
      }
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
    SaveWish save = mode.save();
    boolean force = mode.force();
    long millis = settings.shutdownTimeout.value() * 1000L;
    if (now || millis == 0 || !(waitsForFile(force) || waitsForReplicas())) {
      return finish(save, force);
    }
    deadlineNanos = clock.monotonicNanos() + millis * 1_000_000;
    waiting = loop.every(() -> advance(save, force), LOOK_MILLIS);
    advance(save, force);
    return true;
  }

  /** Returns true while the first append-only file is incomplete; an exit would lose data. */
  private boolean waitsForFile(boolean force) {
    return !force && appendOnlyFile.isWritingFirst();
  }

  private boolean waitsForReplicas() {
    return !replication.laggingReplicas().isEmpty();
  }

  private void advance(SaveWish save, boolean force) {
    boolean early = clock.monotonicNanos() < deadlineNanos;
    if (early && waitsForFile(force)) {
      return; // writes are not paused yet, since the file includes them
    }
    if (early && waitsForReplicas()) {
      holdWrites();
      return;
    }
    stopWaiting();
    if (!finish(save, force)) {
      onFailure();
    }
  }

  private void holdWrites() {
    if (!holdsWrites) {
      holdsWrites = true;
      log.notice("Waiting for replicas before shutting down.");
      clients.pauses().begin(Cause.SHUTDOWN, Pauses.Scope.WRITES, deadlineWallMillis());
      replication.holdStream(true);
      replication.askForAcks();
    }
  }

  private long deadlineWallMillis() {
    return clock.wallMillis() + (deadlineNanos - clock.monotonicNanos()) / 1_000_000;
  }

  private void stopWaiting() {
    if (waiting != null) {
      waiting.cancel();
      waiting = null;
    }
    if (holdsWrites) {
      holdsWrites = false;
      clients.pauses().end(Cause.SHUTDOWN);
      replication.holdStream(false);
    }
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
    public void onEnd() {
      blocked.remove(this);
    }
  }
}
