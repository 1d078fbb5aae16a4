package io.redoubt.server.assembly;

import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.Mistakes;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.launch.CommandNames;
import io.redoubt.protocol.launch.TlsReload;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.DirectConnection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.ControlGroup;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.process.os.OomScore;
import io.redoubt.protocol.tuning.ThreadPriority;
import io.redoubt.server.execution.Call;
import io.redoubt.server.lifecycle.BoundThreads;
import io.redoubt.server.lifecycle.DataSet;
import io.redoubt.server.lifecycle.MemoryGuard;
import io.redoubt.server.lifecycle.OomAdjustment;
import io.redoubt.server.lifecycle.Shutdown;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fully wired data server: its parts with commands, INFO sections, command names and users. The
 * methods start and stop the parts in order; the caller takes care of the threads.
 */
public final class ServerAssembly {
  private static final long GUARD_MILLIS = 500;
  private static final long SECOND_MILLIS = 1000;

  /**
   * The delay of background work after the start, so that it does not slow down the first clients.
   */
  private static final long PREPARATION_MILLIS = 200;

  private final Threads threads;
  private final ServerParts parts;
  private final ServerMetrics metrics;

  /**
   * Puts a server together; it does nothing before {@link #open}.
   *
   * @param freePort listens on a port that the system chooses, in place of {@code port}
   * @param ended receives the exit status once the server has ended by itself
   */
  public ServerAssembly(
      ServerDirectives settings,
      Environment environment,
      Machine machine,
      boolean freePort,
      IntConsumer ended) {
    threads = machine.threads();
    Executor helper = task -> threads.unstarted("commands", task).start();
    // These need no parts. In a cold process, loading their classes takes as long as building the
    // parts, so both are done in parallel.
    CompletableFuture<List<CommandGroup<Call>>> values =
        new CompletableFuture<List<CommandGroup<Call>>>().completeAsync(ValueCommands::all, helper);
    parts = new ServerParts(settings, environment, machine, freePort, ended);
    ServerInfo sections = new ServerInfo(parts);
    Info info = new Info(sections::declare);
    new CommandSet(parts, info).declare(values.join(), helper);
    metrics = new ServerMetrics(parts, info, sections.runId(), threads);
  }

  /**
   * Applies the configuration of commands and users.
   *
   * @param mistakes receives unknown commands, invalid rules of users and the like
   */
  public void configure(Mistakes mistakes) throws FatalConfigError {
    if (parts.replication.clusterNode != null
        && parts.settings.replication.replicaof.value() != null) {
      mistakes.onMistake(
          parts.settings.error(
              parts.settings.replication.replicaof,
              "replicaof directive not allowed in cluster mode"));
    }
    if (parts.replication.clusterNode != null) {
      parts.settings.replication.replicaof.omitFromFile();
    }
    new CommandNames(parts.settings.renameCommand, parts.clients.table).rename(mistakes);
    parts.clients.configuredUsers.define(mistakes);
  }

  /**
   * Reports mistakes in the files and the port of a cluster node on which {@link #open} would fail.
   */
  public void checkCluster(Mistakes mistakes) throws FatalConfigError {
    if (parts.replication.clusterNode != null) {
      parts.replication.clusterNode.check(mistakes);
    }
  }

  /**
   * Opens the listeners and starts all periodic work. Called on the loop.
   *
   * @param listening runs before the log line that marks the end of the initialization in Redis 7.2
   * @throws IOException if an address can't be listened on, or an I/O thread can't be started
   */
  public void open(Runnable listening) throws IOException {
    try {
      openParts(listening);
    } catch (IOException | RuntimeException e) {
      parts.fail();
      throw e;
    }
  }

  private void openParts(Runnable listening) throws IOException {
    parts.clients.tls.start(parts.log);
    AppliedSettings.useThreads(parts.settings, parts.clients.transport, parts.log);
    new TlsReload(
            parts.settings.tls.tlsAutoReloadInterval,
            parts.clients.tls,
            parts.clients.transport.loop(),
            threads,
            parts.log)
        .start();
    parts.clients.listeners.open();
    parts.replication.core.open();
    parts.replication.lease.open();
    parts.replication.rejoin.open();
    if (parts.replication.clusterNode != null) {
      parts.replication.clusterNode.open();
    }
    metrics.open();
    listening.run();
    parts.log.notice("Server initialized");
    parts.onOpened();
    parts.clients.memory.onStarted();
    parts.cron.start(parts.settings.hz.value());
    parts.periodic.housekeeping().start();
    loop().every(this::everySecond, SECOND_MILLIS); // one timer: each one wakes an idle loop
  }

  private void everySecond() {
    parts.clients.registry.everySecond();
    parts.replication.migrationTargets.closeIdle(parts.clock.wallMillis());
    parts.replication.keyMigrations.closeIdle(parts.clock.wallMillis());
    metrics.everySecond();
  }

  /** Loads the data set and starts replication if that succeeds; on the loop. */
  public void load(DataSet.Ending ending) {
    boolean isMaster =
        parts.replication.clusterNode == null
            ? parts.settings.replication.replicaof.value() == null
            : parts.replication.clusterNode.cluster().me().isMaster();
    parts.persistence.dataSet.loadAtStart(
        isMaster,
        parts.replication.core.restored(),
        parts.persistence.appendOnlyFile,
        failure -> ending.onLoaded(failure == null ? serveAll() : failed(failure)));
  }

  /** Starts to serve; returns null, or the reason why it can't. */
  private @Nullable Exception serveAll() {
    try {
      serve();
      return null;
    } catch (RuntimeException e) {
      return failed(e);
    }
  }

  /** Ends service before clients can see an incomplete data set. */
  private Exception failed(Exception failure) {
    parts.fail();
    return failure;
  }

  private void serve() {
    parts.data.stats.reset(); // commands of the append-only file belong to no client
    parts.clients.table.resetStatistics();
    parts.data.latency.reset();
    parts.replication.core.start();
    if (parts.replication.clusterNode != null) {
      parts.replication.clusterNode.start();
    }
    parts.replication.lease.start();
    parts.replication.rejoin.start();
    parts.persistence.dataSet.becomeWhole();
    metrics.onStarted();
  }

  /**
   * Performs the due work of the cluster node at once after a test has moved the clock. Called on
   * the loop.
   */
  public void onClockMove() {
    if (parts.replication.clusterNode != null) {
      parts.replication.clusterNode.onClockMove();
    }
  }

  /**
   * Keeps the data within the memory limit of the process' control group, and logs the available
   * memory. Only for processes that are nothing but a server.
   */
  public void guardMemory() {
    MemoryGuard guard = new MemoryGuard(parts.settings, parts.log, ControlGroup.ofThisProcess());
    guard.adjust();
    guard.report();
    loop().every(guard::adjust, GUARD_MILLIS);
  }

  /**
   * Applies the directives that concern the whole process: the OOM score and the processors of the
   * event loop.
   */
  public void ownProcess() {
    OomAdjustment oom =
        new OomAdjustment(
            parts.settings, OomScore.ofThisProcess(), parts.replication.core::isReplica, parts.log);
    oom.follow();
    parts.cron.add(oom::followRole);
    String processors = parts.settings.serverCpulist.value();
    if (!processors.isEmpty()) {
      loop().execute(() -> BoundThreads.bind(processors, parts.log));
    }
  }

  /**
   * Parses the usage lines of all commands soon, and makes a first TLS connection in memory if
   * clients may make one, on a thread of low priority.
   */
  public void prepareFirstUses() {
    loop()
        .schedule(
            () -> {
              Tls tls = parts.clients.tls.loadedServer();
              threads.unstarted("first-uses", () -> prepareFirstUses(tls)).start();
            },
            PREPARATION_MILLIS);
  }

  private void prepareFirstUses(@Nullable Tls tls) {
    ThreadPriority.lowerPriority();
    parts.clients.table.derive();
    if (tls != null) {
      tls.rehearse();
    }
  }

  /** Opens a client within the process. May be called on any thread. */
  public DirectConnection direct(DirectConnection.Receiver receiver) {
    return parts.clients.transport.direct(parts.clients.connected::accept, receiver);
  }

  /** Takes metrics between the next commands and completes {@code receiver}. Called on the loop. */
  public void takeMetrics(CompletableFuture<MetricsSnapshot> receiver) {
    metrics.take(receiver);
  }

  /** Returns the event loop, which owns data and connections. */
  public Loop loop() {
    return parts.clients.loop();
  }

  /** Returns the TCP port that the server listens on, 0 for none. */
  public int port() {
    return parts.clients.listeners.port();
  }

  public Shutdown shutdown() {
    return parts.shutdown;
  }

  /** Removes unfinished files before the process exits. May be called on any thread. */
  public void abandon() {
    parts.persistence.snapshots.abandon();
  }

  /**
   * Stops all work and closes all connections and files. Called on the loop.
   *
   * @throws IOException if a file can't be closed
   */
  public void stop() throws IOException {
    parts.clients.registry.halt(); // before the parts close that a request would use
    metrics.close();
    parts.periodic.stop();
    parts.defrag.stop();
    if (parts.replication.clusterNode != null) {
      parts.replication.clusterNode.close();
    }
    parts.replication.core.close();
    parts.replication.lease.close();
    parts.replication.rejoin.close();
    parts.clients.listeners.close();
    parts.replication.keyMigrations.close();
    parts.clients.transport.closeChannels();
    parts.persistence.snapshots.close();
    parts.persistence.appendOnlyFile.close();
    parts.replication.migrationTargets.close();
  }

  /** Logs why {@link #stop} failed. */
  public void logStopFailure(IOException failure) {
    parts.log.warning("While closing: %s", failure.getMessage());
  }

  /** Ends the loop and then releases all memory. */
  public void release() {
    parts.clients.close();
    parts.data.close();
  }
}
