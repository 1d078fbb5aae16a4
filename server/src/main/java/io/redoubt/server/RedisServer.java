package io.redoubt.server;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.DirectConnection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.assembly.Machine;
import io.redoubt.server.assembly.ServerAssembly;
import io.redoubt.server.command.admin.ServerCommands;
import io.redoubt.server.memory.NativeMemory;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.settings.ServerDirectives.ShutdownFlag;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;

/**
 * A data server. {@link ServerAssembly} builds and starts its parts; this class may be called on
 * any thread and forwards to the event loop. Several servers may live in one process.
 */
public final class RedisServer implements AutoCloseable {
  private final ServerDirectives settings;
  private final ServerAssembly assembly;
  private final CompletableFuture<Integer> ended = new CompletableFuture<>();

  /**
   * Puts a server together; it does nothing before {@link #start}.
   *
   * @param random must not be predictable: replication ids and passwords come from it
   * @param freePort listens on a port that the system chooses, in place of {@code port}
   * @throws FatalConfigError if a command that does not exist is renamed, or a user's rules are
   *     wrong
   */
  public RedisServer(
      ServerDirectives settings, Clock clock, Log log, RandomGenerator random, boolean freePort)
      throws FatalConfigError {
    this(settings, new Environment(clock, log, random), freePort, Machine.real());
  }

  /**
   * Puts a server together on a machine of its own.
   *
   * @throws FatalConfigError if a command that does not exist is renamed, or a user's rules are
   *     wrong
   */
  public RedisServer(
      ServerDirectives settings, Environment environment, boolean freePort, Machine machine)
      throws FatalConfigError {
    this(settings, environment, freePort, machine, Mistakes.FIRST);
  }

  private RedisServer(
      ServerDirectives settings,
      Environment environment,
      boolean freePort,
      Machine machine,
      Mistakes mistakes)
      throws FatalConfigError {
    this.settings = settings;
    assembly = new ServerAssembly(settings, environment, machine, freePort, ended::complete);
    try {
      assembly.configure(mistakes);
    } catch (FatalConfigError e) {
      close();
      throw e;
    }
  }

  /**
   * Reports mistakes on which a start would fail although each line of the configuration is valid.
   * Starts nothing.
   */
  public static void check(ServerDirectives settings, Environment environment, Mistakes mistakes)
      throws FatalConfigError {
    try (RedisServer server =
        new RedisServer(settings, environment, true, Machine.real(), mistakes)) {
      server.assembly.checkCluster(mistakes);
    }
  }

  /**
   * Initializes everything that a server needs regardless of its configuration. This takes a third
   * of the startup time of a cold process, in which another thread can read the configuration.
   * Returns when the sockets are ready; the memory may follow a little later, and its first use
   * waits for it.
   */
  public static void prepare() {
    Threads.ofSystem().unstarted("redoubt-memory", NativeMemory::prepare).start();
    SystemSockets.prepare();
  }

  /**
   * Listens, loads the data set and starts to serve.
   *
   * @return completes when the data set is loaded, or with the reason why it is not
   * @throws IOException if an address can't be listened on
   */
  public CompletableFuture<Void> start() throws IOException {
    return start(() -> {});
  }

  /**
   * Starts like {@link #start()}, and runs {@code listening} on the loop between listening and
   * loading.
   *
   * @throws IOException if an address can't be listened on
   */
  public CompletableFuture<Void> start(Runnable listening) throws IOException {
    CompletableFuture<Void> loaded = new CompletableFuture<>();
    onLoop(() -> {
      assembly.open(listening);
      assembly.load(failure -> {
        if (failure == null) {
          loaded.complete(null);
        } else {
          loaded.completeExceptionally(failure);
        }
      });
    });
    return loaded;
  }

  /**
   * Keeps the data within the memory limit of the process' control group, and logs the available
   * memory. Must be called before {@link #start}, and only in processes that are nothing but a
   * server.
   */
  public void guardMemory() {
    assembly.guardMemory();
  }

  /**
   * Applies the directives that concern the whole process. Must be called before {@link #start},
   * and only in processes that are nothing but a server.
   */
  public void ownProcess() {
    assembly.ownProcess();
  }

  /**
   * Prepares commands and TLS for their first use in the background, so that COMMAND DOCS, which
   * uses all commands, and the first handshake do not block the server. Call it after the start.
   */
  public void prepareFirstUses() {
    assembly.prepareFirstUses();
  }

  /** Opens a client within the process, without a socket. May be called on any thread. */
  public DirectConnection direct(DirectConnection.Receiver receiver) {
    return assembly.direct(receiver);
  }

  /** Returns the event loop, for tasks from any thread. A task that waits blocks the server. */
  public Loop loop() {
    return assembly.loop();
  }

  /**
   * Takes the metrics of this moment, those of {@code metrics-port}, between commands. May be
   * called on any thread; completes on the loop.
   */
  public CompletableFuture<MetricsSnapshot> metrics() {
    CompletableFuture<MetricsSnapshot> taken = new CompletableFuture<>();
    assembly.loop().execute(() -> assembly.takeMetrics(taken));
    return taken;
  }

  /** Performs the due work at once after a test has moved the clock. Called on the loop. */
  public void onClockMove() {
    assembly.onClockMove();
  }

  /** Returns the TCP port that the server listens on, 0 for none. */
  public int port() {
    return assembly.port();
  }

  /**
   * Completes with the exit status when the server was shut down by a command or by a signal, or
   * has failed.
   */
  public CompletableFuture<Integer> ended() {
    return ended;
  }

  /** Shuts down as after a signal; {@link #ended} completes on success. */
  public void shutDown(String signal) {
    assembly.shutdown().onSignal();
    assembly
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
          assembly
              .shutdown()
              .scheduleBySignal(
                  new ServerCommands.ShutdownMode(
                      wish,
                      flags.contains(ShutdownFlag.NOW),
                      flags.contains(ShutdownFlag.FORCE),
                      flags.contains(ShutdownFlag.SAFE),
                      flags.contains(ShutdownFlag.FAILOVER)));
        });
  }

  /** Returns true if a shutdown requested by a signal is not done. May be called on any thread. */
  public boolean isShuttingDown() {
    return assembly.shutdown().isAsked();
  }

  /** Removes unfinished files before the process exits immediately. May be called on any thread. */
  public void abandon() {
    assembly.abandon();
  }

  /** Stops at once without saving: closes all connections and releases all memory. */
  @Override
  public void close() {
    try {
      onLoop(assembly::stop);
    } catch (IOException e) {
      assembly.logStopFailure(e);
    }
    assembly.release();
    ended.complete(0);
  }

  private interface Step {
    void run() throws IOException;
  }

  private void onLoop(Step step) throws IOException {
    CompletableFuture<Void> done = new CompletableFuture<>();
    assembly
        .loop()
        .execute(() -> {
          try {
            step.run();
            done.complete(null);
          } catch (OutOfMemoryError full) {
            done.completeExceptionally(
                new IOException("Out of memory: " + full.getMessage(), full));
          } catch (IOException | RuntimeException | Error e) { // the caller waits
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
