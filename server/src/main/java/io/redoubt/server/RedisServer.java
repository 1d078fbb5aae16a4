package io.redoubt.server;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.ControlGroup;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.command.admin.ServerCommands;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.settings.ServerDirectives.ShutdownFlag;
import io.redoubt.server.snapshot.Rehearsal;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;

/**
 * A data server: how it begins, serves and ends. What it consists of is in {@link ServerParts}.
 * Several may live in one process.
 */
public final class RedisServer implements AutoCloseable {
  private static final long GUARD_MILLIS = 500;

  private final ServerDirectives settings;
  private final ServerParts parts;
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();

  /**
   * Puts a server together; it does nothing before {@link #start}.
   *
   * @param chance must not be predictable: replication ids and passwords come from it
   * @param freePort listens on a port that the system chooses, in place of {@code port}
   * @throws FatalConfigError when a command is renamed that there is not, or a user's rules are
   *     wrong
   */
  public RedisServer(
      ServerDirectives settings, Clock clock, Log log, RandomGenerator chance, boolean freePort)
      throws FatalConfigError {
    this(settings, clock, log, chance, freePort, Machine.real());
  }

  /** As the other constructor, on a machine of its own. */
  public RedisServer(
      ServerDirectives settings,
      Clock clock,
      Log log,
      RandomGenerator chance,
      boolean freePort,
      Machine machine)
      throws FatalConfigError {
    this.settings = settings;
    parts =
        new ServerParts(settings, clock, log, chance, freePort, machine, () -> ended.complete(0));
    CommandSet commands = new CommandSet(parts);
    commands.declare();
    new ServerInfo(parts).declare();
    try {
      commands.rename();
      parts.configuredUsers.define();
    } catch (FatalConfigError e) {
      close();
      throw e;
    }
  }

  /**
   * Listens, loads the data set and begins to serve.
   *
   * @return completes when the data set is there, or with the reason why it is not
   * @throws IOException when an address cannot be listened on
   */
  public CompletableFuture<Void> start() throws IOException {
    CompletableFuture<Void> loaded = new CompletableFuture<>();
    onLoop(() -> {
      parts.listeners.open();
      parts.log.notice("Server initialized");
      parts.transport.atEndOfTurn(parts.appendOnlyFile.endOfTurn());
      parts.memory.started();
      parts.cron.start(settings.hz.value());
      parts.housekeeping.start();
      parts.transport.loop().every(parts.clients::everySecond, 1000);
      parts
          .transport
          .loop()
          .every(() -> parts.migrationTargets.closeIdle(parts.clock.wallMillis()), 1000);
      boolean isMaster = settings.replicaof.value() == null;
      parts.dataSet.loadAtStart(
          isMaster,
          parts.replication,
          parts.appendOnlyFile,
          failure -> {
            if (failure == null) {
              parts.stats.reset(); // commands of the append-only file are nobody's
              parts.table.resetStatistics();
              parts.latency.reset();
              parts.replication.start();
              parts.rejoin.start();
              loaded.complete(null);
            } else {
              loaded.completeExceptionally(failure);
            }
          });
    });
    return loaded;
  }

  /**
   * Has the process go through what a snapshot takes, in the background, so that commands don't
   * wait for that at the first one. For processes that are nothing but a server.
   */
  public void rehearse() {
    Rehearsal.start(
        parts.snapshotContext, new ConfiguredSnapshots(settings, Rehearsal.LARGE_ELEMENTS));
  }

  /**
   * Keeps the data within the memory limit of the process' control group, and logs what there is.
   * Call it before {@link #start}; for processes that are nothing but a server.
   */
  public void guardMemory() {
    MemoryGuard guard = new MemoryGuard(settings, parts.log, ControlGroup.ofThisProcess());
    guard.look();
    guard.report();
    parts.transport.loop().every(guard::look, GUARD_MILLIS);
  }

  /** The TCP port that it listens on, 0 for none. */
  public int port() {
    return parts.listeners.port();
  }

  /** Completes with the exit status when the server was shut down by a command or by a signal. */
  public CompletableFuture<Integer> ended() {
    return ended;
  }

  /** Shuts down as a signal asks for it; {@link #ended} completes if that succeeds. */
  public void shutDown(String signal) {
    parts.shutdown.asked();
    parts
        .transport
        .loop()
        .execute(() -> {
          Set<ShutdownFlag> flags =
              (signal.equals("SIGINT") ? settings.shutdownOnSigint : settings.shutdownOnSigterm)
                  .value();
          ServerCommands.SaveWish wish =
              flags.contains(ShutdownFlag.SAVE)
                  ? ServerCommands.SaveWish.SAVE
                  : flags.contains(ShutdownFlag.NOSAVE)
                      ? ServerCommands.SaveWish.NOSAVE
                      : ServerCommands.SaveWish.CONFIGURED;
          parts.shutdown.signalled(
              wish, flags.contains(ShutdownFlag.NOW), flags.contains(ShutdownFlag.FORCE));
        });
  }

  /** Whether a shutdown that a signal asked for is still to come; from any thread. */
  public boolean isShuttingDown() {
    return parts.shutdown.isAsked();
  }

  /** The process ends at once: removes files that are being written; from any thread. */
  public void abandon() {
    parts.snapshots.abandon();
  }

  /** Ends at once, without saving; all connections are closed and all memory is given back. */
  @Override
  public void close() {
    try {
      onLoop(() -> {
        parts.cron.stop();
        parts.housekeeping.stop();
        parts.replication.close();
        parts.listeners.close();
        parts.transport.closeChannels(); // nobody may write what is not appended any more
        parts.snapshots.close();
        parts.appendOnlyFile.close();
        parts.migrationTargets.close();
      });
    } catch (IOException e) {
      parts.log.warning("While closing: %s", e.getMessage());
    }
    parts.transport.close();
    parts.eviction.close();
    parts.values.close();
    parts.scripting.close();
    parts.keyspace.close();
    parts.propagation.close();
    parts.slabs.close();
    ended.complete(0);
  }

  private interface Step {
    void run() throws IOException;
  }

  private void onLoop(Step step) throws IOException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    parts
        .transport
        .loop()
        .execute(() -> {
          try {
            step.run();
            done.complete(null);
          } catch (IOException | RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    try {
      done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
