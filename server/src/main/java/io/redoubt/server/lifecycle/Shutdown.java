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
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.replication.Replication;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.Snapshots;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shutdown: waits for the first append-only file and for replicas to catch up, saves the data
 * set if configured, and then ends the server.
 */
public final class Shutdown implements ServerCommands.Shutdown {
  /** The server that is shut down. */
  public interface Host {
    /** Returns true if everything periodic is suspended. */
    boolean isCronPaused();

    /** Ends service and then the process: no further request is executed. */
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
  private final Replication replication;
  private final AppendOnlyFile appendOnlyFile;
  private final Host host;
  private final List<Blocked> blocked = new ArrayList<>();
  private volatile boolean asked;
  private @Nullable Runnable signalled;
  private @Nullable Cancellable waiting;
  private boolean holdsWrites;

  /** Everything is done and the process ends, although the loop still turns. */
  private boolean over;

  private long deadlineNanos;

  /** Creates a shutdown that has not been requested. */
  public Shutdown(
      ServerDirectives settings,
      ServerState state,
      Environment environment,
      ServerClients clients,
      Snapshots snapshots,
      Replication replication,
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

  /** Declares the INFO field on the remaining time of a shutdown in progress. */
  public void declareInfo(Section section) {
    section
        .when(() -> waiting != null)
        .number(
            "shutdown_in_milliseconds",
            () -> Math.max(0, (deadlineNanos - clock.monotonicNanos()) / 1_000_000))
        .always();
  }

  /** Records that a signal asks for a shutdown; from any thread. */
  public void asked() {
    asked = true;
  }

  /** Returns true if a signal asked for a shutdown that is not done; from any thread. */
  public boolean isAsked() {
    return asked;
  }

  /** Leaves nothing for a shutdown to do: the server has failed, and its process ends. */
  public void failedToServe() {
    stopWaiting();
    over = true;
  }

  /** Returns true if a shutdown was asked for and is not done; on the loop. */
  public boolean isUnderWay() {
    return asked || waiting != null || over;
  }

  /** Starts the shutdown of a signal, once cron is not suspended. */
  public void signalled(SaveWish save, boolean now, boolean force) {
    signalled =
        () -> {
          if (!begin(save, now, force)) {
            failed();
          }
        };
    if (!host.isCronPaused()) {
      takeSignal();
    }
  }

  /** Starts the shutdown that a signal asked for while cron was suspended. */
  public void takeSignal() {
    Runnable begin = signalled;
    if (begin != null) {
      signalled = null;
      begin.run();
    }
  }

  @Override
  public boolean begin(SaveWish save, boolean now, boolean force) {
    if (over) {
      return true; // the process is about to exit; another save would leave half a file
    }
    if (waiting != null) {
      if (!now) {
        return true;
      }
      stopWaiting();
    }
    if (!state.isDataWhole()) {
      log.warning("Received shutdown signal during loading, exiting now.");
      return finish(SaveWish.NOSAVE, true); // a part of the data must not replace the file
    }
    log.warning("User requested shutdown...");
    long millis = settings.shutdownTimeout.value() * 1000L;
    if (now || millis == 0 || !(waitsForFile(force) || waitsForReplicas())) {
      return finish(save, force);
    }
    deadlineNanos = clock.monotonicNanos() + millis * 1_000_000;
    waiting = loop.every(() -> look(save, force), LOOK_MILLIS);
    look(save, force);
    return true;
  }

  /**
   * Returns true if the first append-only file, without which data would be lost, is not complete.
   */
  private boolean waitsForFile(boolean force) {
    return !force && appendOnlyFile.isWritingFirst();
  }

  private boolean waitsForReplicas() {
    return !replication.laggingReplicas().isEmpty();
  }

  private void look(SaveWish save, boolean force) {
    boolean early = clock.monotonicNanos() < deadlineNanos;
    if (early && waitsForFile(force)) {
      return; // clients may still write: the file gets those writes, too
    }
    if (early && waitsForReplicas()) {
      holdWrites();
      return;
    }
    stopWaiting();
    if (!finish(save, force)) {
      failed();
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

  private void failed() {
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

  /** A client that waits in SHUTDOWN; it gets a reply only if the shutdown fails. */
  private final class Blocked implements Waiting {
    private final ServerClient client;

    Blocked(ServerClient client) {
      this.client = client;
    }

    @Override
    public void timedOut() {
      client.reply().error(ServerCommands.SHUTDOWN_FAILED.text());
      client.flushSoon();
    }

    @Override
    public void ended() {
      blocked.remove(this);
    }
  }
}
