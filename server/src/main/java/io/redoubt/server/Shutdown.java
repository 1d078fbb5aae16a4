package io.redoubt.server;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pause;
import io.redoubt.protocol.session.Pauses.Cause;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.command.ServerCommands;
import io.redoubt.server.command.ServerCommands.SaveWish;
import io.redoubt.server.execution.Refusal;
import io.redoubt.server.execution.ServerState;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import org.jspecify.annotations.Nullable;

/**
 * The way to the end: replicas get the time to take what they lack, the data set is saved if that
 * is configured, and only then the server ends.
 */
final class Shutdown implements ServerCommands.Shutdown {
  private static final long LOOK_MILLIS = 50;

  private final ServerDirectives settings;
  private final ServerState state;
  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final ClientRegistry clients;
  private final Snapshots snapshots;
  private final Replication replication;
  private final AppendOnlyFile appendOnlyFile;
  private final Runnable end;
  private @Nullable Cancellable waiting;

  Shutdown(
      ServerDirectives settings,
      ServerState state,
      Loop loop,
      Clock clock,
      Log log,
      ClientRegistry clients,
      Snapshots snapshots,
      Replication replication,
      AppendOnlyFile appendOnlyFile,
      Runnable end) {
    this.settings = settings;
    this.state = state;
    this.loop = loop;
    this.clock = clock;
    this.log = log;
    this.clients = clients;
    this.snapshots = snapshots;
    this.replication = replication;
    this.appendOnlyFile = appendOnlyFile;
    this.end = end;
  }

  @Override
  public boolean begin(SaveWish save, boolean now, boolean force) {
    if (waiting != null) {
      if (!now) {
        return true;
      }
      stopWaiting();
    }
    if (state.is(Refusal.LOADING)) {
      log.warning("Received shutdown signal during loading, exiting now.");
      return finish(SaveWish.NOSAVE, true); // a part of the data must not replace the file
    }
    log.warning("User requested shutdown...");
    int lagging = replication.laggingReplicas();
    long millis = settings.shutdownTimeout.value() * 1000L;
    if (now || lagging == 0 || millis == 0) {
      return finish(save, force);
    }
    log.notice("Waiting for replicas before shutting down.");
    clients.pauses().begin(Cause.SHUTDOWN, Pause.WRITES, clock.wallMillis() + millis);
    replication.holdStream(true);
    replication.askForAcks();
    long deadline = clock.monotonicNanos() + millis * 1_000_000;
    waiting = loop.every(() -> look(deadline, save, force), LOOK_MILLIS);
    return true;
  }

  private void look(long deadline, SaveWish save, boolean force) {
    if (replication.laggingReplicas() == 0 || clock.monotonicNanos() >= deadline) {
      stopWaiting();
      int replicas = replication.replicaCount();
      log.notice(
          "%d of %d replicas are in sync when shutting down.",
          replicas - replication.laggingReplicas(), replicas);
      finish(save, force);
    }
  }

  private void stopWaiting() {
    if (waiting != null) {
      waiting.cancel();
      waiting = null;
      clients.pauses().end(Cause.SHUTDOWN);
      replication.holdStream(false);
    }
  }

  @Override
  public boolean abort() {
    if (waiting == null) {
      return false;
    }
    stopWaiting();
    log.notice("Shutdown manually aborted.");
    return true;
  }

  private boolean finish(SaveWish save, boolean force) {
    if (!appendOnlyFile.finish(force)) {
      return false;
    }
    boolean saves =
        save == SaveWish.SAVE || (save == SaveWish.CONFIGURED && !settings.save.value().isEmpty());
    if (saves) {
      log.notice("Saving the final RDB snapshot before exiting.");
      if (snapshots.shutdownSave().isError() && !force) {
        log.warning("Error trying to save the DB, can't exit.");
        return false;
      }
    } else {
      snapshots.abortSave();
    }
    log.warning("Redis is now ready to exit, bye bye...");
    end.run();
    return true;
  }
}
