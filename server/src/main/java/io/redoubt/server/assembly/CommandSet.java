package io.redoubt.server.assembly;

import io.redoubt.protocol.command.CommandCommands;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.session.command.AclCommands;
import io.redoubt.protocol.session.command.ClientCommands;
import io.redoubt.protocol.session.command.ConnectionCommands;
import io.redoubt.protocol.session.command.Hello;
import io.redoubt.protocol.session.command.NoTouchCommand;
import io.redoubt.protocol.session.command.PubSubCommands;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.command.admin.ConfigCommands;
import io.redoubt.server.command.admin.DebugCommands;
import io.redoubt.server.command.admin.HotKeysCommands;
import io.redoubt.server.command.admin.LatencyCommands;
import io.redoubt.server.command.admin.LolwutCommand;
import io.redoubt.server.command.admin.MemoryCommands;
import io.redoubt.server.command.admin.ModuleCommands;
import io.redoubt.server.command.admin.MonitorCommand;
import io.redoubt.server.command.admin.PersistenceCommands;
import io.redoubt.server.command.admin.ServerCommands;
import io.redoubt.server.command.admin.SlowLogCommands;
import io.redoubt.server.command.cluster.ClusterCommands;
import io.redoubt.server.command.key.CapaCommand;
import io.redoubt.server.command.key.DatabaseCommands;
import io.redoubt.server.command.key.DumpCommands;
import io.redoubt.server.command.key.MigrateCommands;
import io.redoubt.server.command.key.RestoreAskingCommand;
import io.redoubt.server.command.key.SelectCommand;
import io.redoubt.server.command.script.FunctionCommands;
import io.redoubt.server.command.script.ScriptCommands;
import io.redoubt.server.command.transaction.TransactionCommands;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.KeyCosts;
import io.redoubt.server.lifecycle.Debugging;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** All commands of a data server, each group of them with the parts that it works on. */
final class CommandSet {
  private static final int LARGE_MESSAGE = 1 << 17;

  /** A message is copied from its request and encoded whole and light. */
  private static final long MESSAGE_COPIES = 5;

  private final ServerParts parts;
  private final Info info;

  CommandSet(ServerParts parts, Info info) {
    this.parts = parts;
    this.info = info;
  }

  /**
   * Adds them to the table.
   *
   * @param values {@link ValueCommands}
   * @param helper runs a part of the work: in a cold process the classes take a tenth of the start
   */
  void declare(List<CommandGroup<Call>> values, Executor helper) {
    CompletableFuture<List<CommandGroup<Call>>> administration =
        new CompletableFuture<List<CommandGroup<Call>>>()
            .completeAsync(this::administration, helper);
    List<CommandGroup<Call>> data = data();
    values.forEach(parts.clients.table::add);
    data.forEach(parts.clients.table::add);
    administration.join().forEach(parts.clients.table::add);
    parts.clients.dispatcher.onCommandsDeclared();
    parts.clients.table.setTracksDurations(parts.settings.latencyTracking.value());
    parts.settings.latencyTracking.onChange(parts.clients.table::setTracksDurations);
  }

  /** Returns the groups that work on the data set, its files and its copies. */
  private List<CommandGroup<Call>> data() {
    DumpCommands payloads = new DumpCommands(parts.log);
    List<CommandGroup<Call>> groups = new ArrayList<>();
    groups.addAll(
        List.of(
            payloads,
            new RestoreAskingCommand(payloads),
            new MigrateCommands(
                parts.replication.migrationTargets, parts.replication.keyMigrations),
            new CapaCommand(),
            new DatabaseCommands(parts.persistence.snapshots::onFlushAll),
            new SelectCommand(),
            new TransactionCommands(parts.clients.dispatcher::runTransaction),
            new ScriptCommands(parts.clients.scripting),
            new FunctionCommands(parts.clients.scripting, parts.clock),
            new ClusterCommands(parts.replication.clusterNode),
            new PersistenceCommands(
                parts.persistence.snapshots, parts.persistence.appendOnlyFile)));
    groups.addAll(parts.replication.core.commands());
    groups.add(
        new DebugCommands(
            new Debugging(
                parts.periodic,
                parts.persistence.dataSet,
                payloads,
                parts.replication.core.roles(),
                parts.persistence.appendOnlyFile,
                parts.replication.clusterNode,
                parts.log,
                parts::onDataSetLost),
            parts.clients.scripting));
    return groups;
  }

  /** Returns the groups that work on the server as a whole, its connections and its users. */
  private List<CommandGroup<Call>> administration() {
    Hello hello =
        new Hello(
            Version.REDIS,
            parts.replication.mode(),
            () -> parts.replication.core.isReplica() ? "replica" : "master");
    return List.of(
        new ConfigCommands(parts.settings, this::resetStatistics, parts.data.state, parts.log),
        new ServerCommands(info, parts.clock, parts.shutdown, parts.clients.scripting),
        new MemoryCommands(parts.clients.memory, parts.processUsage::residentBytes),
        new LatencyCommands(parts.data.latency, parts.clock, parts.clients.table),
        new SlowLogCommands(parts.data.slowLog),
        new HotKeysCommands(parts.data.keyCosts, new UseOfProcess()),
        new MonitorCommand(parts.clients.monitors),
        new ModuleCommands(),
        new LolwutCommand(parts.environment.random()),
        new ConnectionCommands<>(hello, parts.replication.hellos::pinged),
        new ClientCommands<>(parts.clients.registry),
        new NoTouchCommand<>(),
        new PubSubCommands<>(parts.data.channels, this::publish, this::publishToShard),
        new AclCommands<>(
            parts.clients.registry,
            parts.clients.table,
            parts.environment.random(),
            parts.clients.configuredUsers::file),
        new CommandCommands<>(parts.clients.table));
  }

  /** Messages reach replicas too, for their subscribers: in a cluster, all nodes over the bus. */
  private void publish(Call call) {
    requireRoom(call);
    parts.replication.hellos.onPublish(call);
    int receivers = PubSubCommands.deliver(parts.data.channels, call);
    passOn(call, false);
    call.reply().integer(receivers);
  }

  private void publishToShard(Call call) {
    requireRoom(call);
    int receivers = PubSubCommands.deliverToShard(parts.data.channels, call);
    parts.clients.dispatcher.countDelivered(receivers);
    passOn(call, true);
    call.reply().integer(receivers);
  }

  /**
   * Refuses a published message that does not fit on the heap, from which the cluster bus sends it.
   */
  private void requireRoom(Call call) {
    long bytes = call.request().end() - call.request().start();
    if (parts.replication.clusterNode != null
        && bytes > LARGE_MESSAGE
        && !parts.clients.heap.admits(MESSAGE_COPIES * bytes)) {
      throw HeapGate.FULL;
    }
  }

  private void passOn(Call call, boolean sharded) {
    if (parts.replication.clusterNode == null) {
      call.propagateAnyway();
    } else {
      parts.replication.clusterNode.publish(
          sharded, call.request().string(1), call.request().string(2));
    }
  }

  private void resetStatistics() {
    parts.data.stats.reset();
    parts.rates.reset();
    parts.clients.transport.stats().reset();
    parts.clients.scripting.scripts().resetStatistics();
    parts.data.keyspace.resetFreedCount();
    parts.defrag.resetCounts();
    parts.clients.table.resetStatistics();
    parts.clients.registry.resetStatistics();
    parts.persistence.snapshots.resetStatistics();
    parts.persistence.appendOnlyFile.resetStatistics();
    parts.replication.core.counts().reset();
    if (parts.replication.clusterNode != null) {
      parts.replication.clusterNode.usage().reset();
    }
  }

  /** The processor time and the traffic of the process, for HOTKEYS. */
  private final class UseOfProcess implements KeyCosts.ProcessCosts {
    private static final double SECOND_MILLIS = 1000;

    @Override
    public long userMillis() {
      return Math.round(parts.processUsage.userSeconds() * SECOND_MILLIS);
    }

    @Override
    public long systemMillis() {
      return Math.round(parts.processUsage.systemSeconds() * SECOND_MILLIS);
    }

    @Override
    public long netBytes() {
      return parts.clients.registry.inputBytes() + parts.clients.registry.outputBytes();
    }
  }
}
