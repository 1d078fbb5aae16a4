package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.UserText;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.RequestBatch;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.execution.monitoring.CommandTrace;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.tracking.TrackedKeys;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Dispatches requests to commands: lookup, {@link CommandChecks}, MULTI, {@link CommandExecutor},
 * and the end of the unit of execution, which propagates effects and serves blocked clients.
 */
public final class CommandDispatcher implements Dispatcher {
  private static final List<String> NEVER_QUEUED =
      List.of("exec", "discard", "multi", "watch", "quit", "reset");
  private static final List<String> FROM_REPLICAS = List.of("replconf", "psync", "sync", "monitor");

  private final CommandTable<Call> table;
  private final Keyspace keyspace;
  private final ServerStats stats;
  private final TrackedKeys trackedKeys;
  private final CommandTrace trace;
  private final Log log;
  private final Call call;
  private final MemoryRoom room;
  private final HeapGate heap;
  private final CommandChecks checks;
  private final CommandRefusals refusals;
  private final CommandExecutor executor;
  private final UnitOfExecution unit;
  private final Transactions transactions;
  private final HeldRequests held;
  private final Propagation propagation;
  private @Nullable Command<Call> exec;
  private @Nullable Command<Call> select;
  private final Set<Command<Call>> neverQueued = new HashSet<>();

  /** The commands accepted from replicas; none has a reply. */
  private final Set<Command<Call>> fromReplicas = new HashSet<>();

  private final LookAhead lookAhead;

  /**
   * Creates a dispatcher.
   *
   * @param call the call with which all commands are executed
   * @param throttle slows down writes to the pace of disks and replicas; called at the end of each
   *     unit
   * @param meter meters the commands of each slot, null without cluster mode
   */
  public CommandDispatcher(
      CommandTable<Call> table,
      Call call,
      CommandChecks checks,
      CommandTrace trace,
      Environment environment,
      MemoryRoom room,
      Runnable throttle,
      @Nullable SlotMeter meter) {
    this.table = table;
    this.keyspace = call.keyspace();
    this.stats = call.stats();
    this.propagation = call.propagation();
    this.trackedKeys = call.observers().tracked();
    this.trace = trace;
    this.log = environment.log();
    this.call = call;
    lookAhead = new LookAhead(keyspace, table);
    this.room = room;
    this.checks = checks;
    refusals = checks.refusals();
    heap = checks.heap();
    executor = new CommandExecutor(table, call, trace, environment, room, meter);
    unit =
        new UnitOfExecution(
            keyspace,
            call.propagation(),
            call.observers().blocked(),
            room,
            throttle,
            executor::countReplicated);
    transactions = new Transactions(table, call, checks, executor, unit);
    held = new HeldRequests(keyspace.held(), table, this::onlyReads);
  }

  /** Derives tables from the complete command table. */
  public void onCommandsDeclared() {
    checks.onCommandsDeclared();
    lookAhead.onCommandsDeclared();
    exec = named("exec");
    select = named("select");
    for (String name : NEVER_QUEUED) {
      neverQueued.add(named(name));
    }
    for (String name : FROM_REPLICAS) {
      Command<Call> command = table.byOriginalName(name);
      if (command != null) {
        fromReplicas.add(command);
      }
    }
  }

  private Command<Call> named(String name) {
    Command<Call> command = table.byOriginalName(name);
    if (command == null) {
      throw new IllegalArgumentException("the table has no " + name);
    }
    return command;
  }

  /** Counts the messages sent to subscribers by the running SPUBLISH. */
  public void countDelivered(int receivers) {
    executor.countDelivered(receivers);
  }

  CommandChecks checks() {
    return checks;
  }

  CommandExecutor executor() {
    return executor;
  }

  /** Returns true while a command or a script runs and its effects are not propagated yet. */
  public boolean isInUnit() {
    return unit.isOpen() || executor.isRunning();
  }

  public @Nullable Command<Call> find(Request request) {
    return table.find(request);
  }

  @Override
  public void lookAhead(RequestBatch batch) {
    executor.beginBatch();
    if (batch.count() > 1) {
      lookAhead.touch(batch);
    }
  }

  @Override
  public void lookAhead(Client client, Request[] requests, int count) {
    executor.refreshClock();
    lookAhead.touch(client, requests, count);
  }

  @Override
  public void finishBatch() {
    executor.endBatch();
    trackedKeys.forgetIfShort();
  }

  @Override
  public boolean dispatch(Client from, Request request) {
    ServerClient client = (ServerClient) from;
    Command<Call> command = table.find(request);
    if (command == null && client.endsCrossProtocol(request)) {
      return true;
    }
    if (client.is(ClientFlag.REPLICA) && wantsReply(client, command)) {
      dropReplica(client, command, request);
      return true;
    }
    if (command == null) {
      refuse(client, null, request, table.unknown(request));
      return true;
    }
    client.setLastCommand(command);
    if (client.followsRedirects() && refusals.awaitsMaster(client, command, request)) {
      return false;
    }
    CommandError error =
        client.waiting() instanceof RepeatedWait wait && wait.isBinding()
            ? null
            : checks.check(client, command, request, unit.isOpen());
    if (error != null) {
      refuse(client, command, request, error);
    } else if (client.transaction() instanceof Transaction queued
        && !neverQueued.contains(command)) {
      boolean mayReplicate = client.mayReplicate(command) && !onlyReads(command, request);
      client.queue(request, refusals.of(command, request), mayReplicate);
      if (command.has(Flag.READONLY)) {
        queued.setReads();
      }
      if (command == select) {
        queueSelect(client, request);
      }
      client.reply().queued();
    } else if (client.pauses(command)
        && !(isPauseOfWrites(client) && onlyReads(command, request))) {
      return false;
    } else if (held.mustWait(client, command, request)) {
      return false;
    } else if (client.isStaging()) {
      runStaged(client, command, request);
    } else if (propagation.acks() instanceof ReplyAcks acks) {
      runAwaited(acks, client, command, request);
    } else {
      runUnit(client, command, request);
    }
    return true;
  }

  /** Records the database of commands queued after SELECT, whose permissions depend on it. */
  private void queueSelect(ServerClient client, Request request) {
    long index = Numbers.parseLong(request.memory(), request.offset(1), request.length(1), -1);
    if (index >= 0 && index < keyspace.count()) {
      client.queueDatabase((int) index);
    }
  }

  /**
   * Runs a command for the staged database, in which keys are removed only by order of their owner.
   */
  private void runStaged(ServerClient client, Command<Call> command, Request request) {
    ExpiredKeys before = keyspace.expiredKeys();
    keyspace.setExpiredKeys(ExpiredKeys.KEEP);
    try {
      runUnit(client, command, request);
    } finally {
      keyspace.setExpiredKeys(before);
    }
  }

  private void runAwaited(
      ReplyAcks awaited, ServerClient client, Command<Call> command, Request request) {
    boolean mayWait = awaited.begins(client, command, onlyReads(command, request));
    try {
      runUnit(client, command, request);
    } finally {
      if (mayWait) {
        awaited.onReplied(client);
      }
    }
  }

  private static boolean isPauseOfWrites(ServerClient client) {
    return client.context().pauses().current() == Pauses.Scope.WRITES;
  }

  /** Returns true for a script or function that declares not to write. */
  private boolean onlyReads(Command<Call> command, Request request) {
    return call.scriptOnlyReads(command, request);
  }

  private void runUnit(ServerClient client, Command<Call> command, Request request) {
    unit.enter();
    long changesBefore = keyspace.changeCount();
    try {
      executor.run(client, command, request);
    } catch (OutOfMemoryError full) { // while the command described its effects or its failure
      executor.onFailureHalfWay(client, command, changesBefore);
      throw full;
    } finally {
      finishAsking(client, command);
      if (unit.leave()) {
        executor.onUnitEnd();
        unit.end(client, !command.has(Flag.TOUCHES_ARBITRARY_KEYS));
        trackedKeys.keepLimit();
      }
    }
  }

  @Override
  public void onOutOfMemory(String where, OutOfMemoryError failure) {
    room.failed(where, failure);
    unit.abandon();
  }

  /** Ends a slice of expiry or eviction: each removed key is a unit of its own. */
  public void endSlice() {
    unit.end(null, false);
  }

  /** Ends a slice like {@link #endSlice}; within a unit, the end of the unit does that. */
  public void endSliceUnlessInUnit() {
    if (!isInUnit()) {
      endSlice();
    }
  }

  /** Ends a unit of execution that was not a command, such as the loss of a client. */
  public void endUnit() {
    unit.end(null, true);
  }

  public HeapGate heap() {
    return heap;
  }

  @Override
  public boolean hasRoomForClient() {
    return heap.admitsClient();
  }

  private void refuse(
      ServerClient client, @Nullable Command<Call> command, Request request, CommandError error) {
    if (command != null) {
      command.countRejected();
    }
    if (command == exec && checks.isRedirection(error)) {
      client.endTransaction();
    } else if (command != null && command == exec) {
      client.endTransaction();
      trace.showRefusedTransaction(client, command, request);
      String reason = error.code().equals("ERR") ? error.text().substring(4) : error.text();
      stats.countError("EXECABORT");
      client.reply().error("EXECABORT Transaction discarded because of: " + reason);
      return;
    }
    if (command != null) {
      finishAsking(client, command);
    }
    stats.countError(error.code());
    if (client.isMaster()) {
      executor.onFailureForMaster(command, error);
    }
    Transaction transaction = client.transaction();
    if (transaction != null) {
      transaction.doom();
    }
    client.reply().error(error.text());
  }

  /** Ends the effect of ASKING, which applies to one command or transaction. */
  private static void finishAsking(ServerClient client, Command<Call> command) {
    if (client.isAsking() && client.transaction() == null && !command.name().equals("asking")) {
      client.setAsking(false);
    }
  }

  private boolean wantsReply(ServerClient client, @Nullable Command<Call> command) {
    return !client.is(ClientFlag.MONITOR) && (command == null || !fromReplicas.contains(command));
  }

  /** Disconnects a replica that requests a reply, which would corrupt its stream. */
  private void dropReplica(ServerClient client, @Nullable Command<Call> command, Request request) {
    if (command != null && CommandChecks.usesKeyspace(command)) {
      command.countRejected();
      stats.countError(CommandChecks.REPLICA_AND_KEYS.code());
      stats.unexpectedErrors.increment();
      log.warning(
          "== CRITICAL == This master is sending an error to its replica: '%s' after processing the"
              + " command '%s'",
          CommandChecks.REPLICA_AND_KEYS.text(), command.name());
    }
    log.warning(
        "Replica generated a reply to command '%s', disconnecting it: %s",
        command == null ? UserText.of(Errors.excerpt(request, 0)) : command.name(), client);
    client.closeSoon();
  }

  /** Runs the requests queued by a client, whose EXEC is running. */
  public void runTransaction(ServerClient client) {
    transactions.run(client);
  }
}
