package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.protocol.session.RequestBatch;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.execution.monitoring.CommandTrace;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.HeapGate;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.tracking.TrackedKeys;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes requests to the commands they name: look-up, the checks in Redis' order, MULTI, the run,
 * and the end of the unit of execution, at which effects leave and waiting clients are served.
 *
 * <p>The common path costs a look-up and one test of {@link ServerState} against the command's
 * refusals; everything else is behind a branch that is seldom taken.
 */
public final class CommandDispatcher implements Dispatcher {
  /** Limits what writes cause to what disks and replicas take. */
  @FunctionalInterface
  public interface WriteThrottle {
    /** Is called when the changes of a unit are in place and its effects have been propagated. */
    void unitEnded();
  }

  private static final CommandError NOT_IN_MULTI =
      new CommandError("ERR Command not allowed inside a transaction");
  private static final CommandError ABORTED =
      new CommandError("EXECABORT Transaction discarded because of previous errors.");
  private static final CommandError INTERNAL =
      new CommandError("ERR internal error, see the log of the server");
  private static final CommandError REPLICA_AND_KEYS =
      new CommandError("ERR Replica can't interact with the keyspace");
  private static final List<String> NEVER_QUEUED =
      List.of("exec", "discard", "multi", "watch", "quit", "reset");
  private static final List<String> ENDS_TRANSACTION = List.of("exec", "discard", "quit", "reset");
  private static final List<String> FROM_REPLICAS = List.of("replconf", "psync", "sync", "monitor");

  private final CommandTable<Call> table;
  private final Keyspace keyspace;
  private final ServerState state;
  private final ServerStats stats;
  private final Propagation propagation;
  private final WatchedKeys watchedKeys;
  private final TrackedKeys trackedKeys;
  private final BlockedClients blockedClients;
  private final Eviction eviction;
  private final ServerDirectives settings;
  private final CommandTrace trace;
  private final Clock clock;
  private final CommandClock commandClock;
  private final Log log;
  private final Call call;
  private final Request queued = new Request();
  private final MemoryRoom room;
  private final HeapGate heap;
  private int[] refusals = {};
  private @Nullable ReplyAcks acks;

  /** Routes requests by their slots in cluster mode, null without it. */
  private @Nullable SlotGate gate;

  /** Counts what the commands of each slot cost in cluster mode, null without it. */
  private @Nullable SlotMeter meter;

  /** The gate's refusal of the current request: EXEC replies with it as it is. */
  private @Nullable CommandError redirection;

  /** The request size, by command, from which the need of memory is estimated. */
  private long[] estimatedFromBytes = {};

  private @Nullable Command<Call> exec;
  private final Set<Command<Call>> neverQueued = new HashSet<>();
  private final Set<Command<Call>> endsTransaction = new HashSet<>();

  /** The commands accepted from replicas, none of which has a reply. */
  private final Set<Command<Call>> fromReplicas = new HashSet<>();

  private final LookAhead lookAhead;
  private final WriteThrottle throttle;
  private int depth;

  /** True while a command runs; further ones are then within it. */
  private boolean running;

  /**
   * Creates a dispatcher.
   *
   * @param call the call with which all commands are executed
   * @param throttle called at the end of each unit
   */
  public CommandDispatcher(
      CommandTable<Call> table,
      Call call,
      ServerState state,
      Eviction eviction,
      CommandTrace trace,
      Environment environment,
      WriteThrottle throttle,
      HeapGate heap) {
    this.table = table;
    this.keyspace = call.keyspace();
    this.state = state;
    this.stats = call.stats();
    this.propagation = call.propagation();
    this.watchedKeys = call.observers().watched();
    this.trackedKeys = call.observers().tracked();
    this.blockedClients = call.observers().blocked();
    this.eviction = eviction;
    this.settings = call.settings();
    this.trace = trace;
    this.clock = environment.clock();
    this.throttle = throttle;
    commandClock = new CommandClock(clock, trace, stats);
    this.log = environment.log();
    this.heap = heap;
    this.call = call;
    lookAhead = new LookAhead(keyspace, table);
    room = new MemoryRoom(keyspace, state, clock, log);
  }

  /** Derives tables from the complete command table. */
  public void commandsAreDeclared() {
    refusals = new int[table.numbered().size()];
    estimatedFromBytes = new long[refusals.length];
    for (Command<Call> command : table.numbered()) {
      refusals[command.id()] = Refusal.refusing(command);
      estimatedFromBytes[command.id()] = MemoryRoom.estimatedFromBytes(command);
    }
    heap.commandsAreDeclared(table);
    lookAhead.commandsAreDeclared();
    exec = named("exec");
    for (String name : NEVER_QUEUED) {
      neverQueued.add(named(name));
    }
    for (String name : ENDS_TRANSACTION) {
      endsTransaction.add(named(name));
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

  /** Makes replies wait for acknowledgements, or null to send them without. */
  public void acks(@Nullable ReplyAcks newAcks) {
    acks = newAcks;
  }

  /** Routes requests by the slots of their keys from now on, and counts what they cost. */
  public void routes(SlotGate slots, SlotMeter slotMeter) {
    gate = slots;
    meter = slotMeter;
    commandClock.measureEachWhile(slotMeter::isOn);
  }

  /** Notes for the meter of slots that the running SPUBLISH has reached subscribers. */
  public void delivered(int receivers) {
    if (meter != null) {
      meter.delivered(receivers, call.request());
    }
  }

  /** Returns the gate of cluster mode, null without it. */
  @Nullable SlotGate gate() {
    return gate;
  }

  /** Returns true if a request may change keys; of scripts and functions their flags decide. */
  public boolean mayWrite(Command<?> command, Request request) {
    int refused = refusals[command.id()] | call.scripting().refusals(command, request);
    return (refused & Refusal.READ_ONLY_REPLICA.bit()) != 0;
  }

  /** Returns true while a command or a script runs, whose effects have not been sent. */
  public boolean isInUnit() {
    return depth > 0 || running;
  }

  /** Returns the command that a request names, or null. */
  public @Nullable Command<Call> find(Request request) {
    return table.find(request);
  }

  @Override
  public void lookAhead(RequestBatch batch) {
    commandClock.beginBatch();
    keyspace.nowMicros(clock.wallMicros());
    if (batch.count() > 1) {
      lookAhead.touch(batch);
    }
  }

  @Override
  public void lookAhead(Client client, Request[] requests, int count) {
    refreshClock();
    lookAhead.touch(client, requests, count);
  }

  @Override
  public void batchDone() {
    commandClock.endBatch();
    trackedKeys.giveWay();
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
    client.lastCommand(command);
    CommandError error = check(client, command, request);
    if (error != null) {
      refuse(client, command, request, error);
    } else if (client.transaction() != null && !neverQueued.contains(command)) {
      int ofScript = call.scripting().refusals(command, request);
      boolean mayReplicate = client.mayReplicate(command) && !onlyReads(command, request);
      client.queue(request, refusals[command.id()] | ofScript, mayReplicate);
      client.reply().queued();
    } else if (client.pauses(command)
        && !(isPauseOfWrites(client) && onlyReads(command, request))) {
      return false;
    } else if (client.isStaging()) {
      runStaged(client, command, request);
    } else if (acks != null) {
      runAwaited(acks, client, command, request);
    } else {
      runUnit(client, command, request);
    }
    return true;
  }

  /** Runs a command for the staged database, where keys are removed only by their owner's order. */
  private void runStaged(ServerClient client, Command<Call> command, Request request) {
    ExpiredKeys before = keyspace.expiredKeys();
    keyspace.expiredKeys(ExpiredKeys.KEEP);
    try {
      runUnit(client, command, request);
    } finally {
      keyspace.expiredKeys(before);
    }
  }

  private void runAwaited(
      ReplyAcks awaited, ServerClient client, Command<Call> command, Request request) {
    boolean mayWait = awaited.begins(client, command, onlyReads(command, request));
    try {
      runUnit(client, command, request);
    } finally {
      if (mayWait) {
        awaited.replied(client);
      }
    }
  }

  private static boolean isPauseOfWrites(ServerClient client) {
    return client.registry().pauses().current() == Pauses.Scope.WRITES;
  }

  /** Returns true for a script or function that declares not to write. */
  private boolean onlyReads(Command<Call> command, Request request) {
    return call.scripting().onlyReads(command, request);
  }

  private void runUnit(ServerClient client, Command<Call> command, Request request) {
    depth++;
    long changesBefore = keyspace.changeCount();
    try {
      run(client, command, request);
    } catch (OutOfMemoryError full) { // while it described its effects or its failure
      failedHalfWay(client, command, changesBefore);
      throw full;
    } finally {
      askedFor(client, command);
      depth--;
      if (depth == 0) {
        running = false; // also after an error that ended a command half-way
        propagate(client, !command.has(Flag.TOUCHES_ARBITRARY_KEYS));
        endUnit();
        trackedKeys.keepLimit();
      }
    }
  }

  @Override
  public void outOfMemory(String where, OutOfMemoryError failure) {
    room.failed(where, failure);
    if (depth == 0 && propagation.isPending()) { // of a task that failed half-way
      propagation.lose();
      propagation.endUnit();
    }
  }

  /** Marks a client's write as failed half-way, unless no key has changed since it started. */
  private void failedHalfWay(ServerClient client, Command<Call> command, long changesBefore) {
    boolean mayHaveChanged =
        keyspace.changeCount() != changesBefore
            || (command.has(Flag.WRITE) && command.keySpecs().isEmpty()); // functions, all keys
    if (mayHaveChanged || client.isMaster()) {
      propagation.lose();
      client.fellOutOfStep();
    }
  }

  /** Ends a slice of expiring and evicting: each key that went is a unit of its own. */
  public void endSlice() {
    propagation.endSeparately();
    endUnit();
  }

  /** Ends a slice as {@link #endSlice}, but within a unit leaves that to its end. */
  public void endSliceUnlessInUnit() {
    if (!isInUnit()) {
      endSlice();
    }
  }

  /** Ends a unit of execution that was not a command, such as the loss of a client. */
  public void endUnit() {
    propagation.endUnit();
    if (blockedClients.areServable()) {
      serveBlocked();
    }
    throttle.unitEnded();
  }

  private void serveBlocked() {
    long changesBefore = keyspace.changeCount();
    try {
      blockedClients.serve();
    } catch (OutOfMemoryError full) {
      room.failed("while serving blocked clients", full);
      if (keyspace.changeCount() != changesBefore) {
        propagation.lose();
      }
    }
    propagation.endUnit(); // of keys that were found expired
  }

  /**
   * Sends the effects of a command. A client whose effects got lost is closed without a reply,
   * which would promise that they last.
   *
   * @param together whether they are one change; what SCAN expires by the way is none
   */
  private void propagate(ServerClient client, boolean together) {
    if (propagation.isPending()) {
      long before = propagation.offset(Propagation.TO_REPLICAS);
      boolean sent = together ? propagation.endUnit() : propagation.endSeparately();
      if (!sent && !client.isEnding()) {
        client.close();
      }
      if (meter != null) {
        meter.replicated(propagation.offset(Propagation.TO_REPLICAS) - before);
      }
      client.wroteUpTo(
          propagation.offset(Propagation.TO_REPLICAS),
          propagation.offset(Propagation.TO_APPEND_ONLY_FILE));
    }
  }

  private void refreshClock() {
    commandClock.look();
    keyspace.nowMicros(clock.wallMicros());
  }

  /** Returns the first reason to refuse the command, or null. */
  private @Nullable CommandError check(
      ServerClient client, Command<Call> command, Request request) {
    if (!command.accepts(request.count())) {
      return Errors.wrongArity(command);
    }
    if (client.isMaster()) {
      if (!state.is(Refusal.LOADING)) {
        makeRoom(client); // a master's commands are never refused, and loaded keys are not evicted
      }
      return null;
    }
    if (command.has(Flag.PROTECTED)) {
      CommandError refused = ProtectedCommands.refusal(settings.common, command, client);
      if (refused != null) {
        return refused;
      }
    }
    if (!client.isAuthenticated() && !command.has(Flag.NO_AUTH)) {
      return Errors.NOAUTH;
    }
    Transaction transaction = client.transaction();
    if (transaction != null && command.has(Flag.NO_MULTI)) {
      return NOT_IN_MULTI;
    }
    if (!client.user().isUnrestricted()) {
      CommandError denied = client.denied(command, request);
      if (denied != null) {
        return denied;
      }
    }
    SlotGate slots = gate;
    if (slots != null && !client.isStaging()) {
      redirection = elsewhere(slots, client, command, request);
      if (redirection != null) {
        return redirection;
      }
    }
    int refused = refusals[command.id()];
    makeRoom(client);
    if (transaction != null && command == exec) {
      refused |= transaction.refusals();
    } else if (transaction != null && !endsTransaction.contains(command)) {
      refused |= Refusal.ROOM; // whatever is queued takes memory
    }
    if (state.mask() != 0) {
      refused = state.among(refused | call.scripting().refusals(command, request));
      if (refused != 0 && isStillRefused(refused)) {
        return state.error(refused);
      }
    }
    if (request.end() - request.start() >= estimatedFromBytes[command.id()]) {
      CommandError tooMuch = room.refusal(command, request, databaseOf(client));
      if (tooMuch != null) {
        return tooMuch;
      }
    }
    if (!heap.admits(command, request)) {
      return HeapGate.FULL;
    }
    if (client.is(ClientFlag.REPLICA) && usesKeyspace(command)) {
      return REPLICA_AND_KEYS; // a monitor, which counts as a replica
    }
    return client.subscribeModeRefuses(command);
  }

  private @Nullable CommandError elsewhere(
      SlotGate slots, ServerClient client, Command<Call> command, Request request) {
    if (command != exec) {
      return slots.refusal(client, command, request);
    }
    Transaction transaction = client.transaction();
    return transaction == null ? null : slots.refusal(client, command, transaction, table);
  }

  private static boolean usesKeyspace(Command<Call> command) {
    return command.has(Flag.WRITE) || command.has(Flag.READONLY) || command.has(Flag.MAY_REPLICATE);
  }

  /** Keys may have been removed, also by another server, since the shortage was noticed. */
  private boolean isStillRefused(int refused) {
    return refused != Refusal.OUT_OF_ROOM.bit() || room.isShort();
  }

  private Database databaseOf(ServerClient client) {
    return keyspace.database(client.databaseIndex());
  }

  @Override
  public boolean hasRoomForClient() {
    return heap.admitsClient();
  }

  private void makeRoom(ServerClient client) {
    boolean needed = eviction.isNeeded();
    state.set(Refusal.OUT_OF_MEMORY, needed && !eviction.makeRoom());
    if (needed) {
      client.pushBeforeReply(); // invalidations of evicted keys precede what the command reads
    }
    if (needed && depth == 0) {
      propagation.endSeparately(); // evictions are not part of the command's unit
    }
  }

  private void refuse(
      ServerClient client, @Nullable Command<Call> command, Request request, CommandError error) {
    if (command != null) {
      command.countRejected();
    }
    if (command == exec && error == redirection) {
      client.endTransaction();
    } else if (command != null && command == exec) {
      client.endTransaction();
      trace.transactionRefused(client, command, request);
      String reason = error.code().equals("ERR") ? error.text().substring(4) : error.text();
      stats.countError("EXECABORT");
      client.reply().error("EXECABORT Transaction discarded because of: " + reason);
      return;
    }
    if (command != null) {
      askedFor(client, command);
    }
    stats.countError(error.code());
    if (client.isMaster()) {
      failedForMaster(command, error);
    }
    Transaction transaction = client.transaction();
    if (transaction != null) {
      transaction.doom();
    }
    client.reply().error(error.text());
  }

  /** Ends the permission of ASKING, which is for one command or transaction. */
  private static void askedFor(ServerClient client, Command<Call> command) {
    if (client.isAsking() && client.transaction() == null && !command.name().equals("asking")) {
      client.asking(false);
    }
  }

  /** Replies with an error instead of executing a command, which may not exist. */
  void reject(@Nullable Command<Call> command, CommandError error, ReplyWriter reply) {
    if (command != null) {
      command.countRejected();
    }
    stats.countError(error.code());
    reply.error(error.text());
  }

  private void run(ServerClient client, Command<Call> command, Request request) {
    run(client, command, request, client.reply());
  }

  /** Runs a command; its reply goes to the client, or to the script that calls it. */
  void run(ServerClient client, Command<Call> command, Request request, ReplyWriter reply) {
    boolean inScript = reply != client.reply();
    KeyWait before = client.waiting() instanceof KeyWait wait ? wait : null;
    trace.starts(client, command, request, inScript);
    boolean nested = running;
    SlotMeter measured = nested ? null : meter;
    if (measured != null) {
      measured.begins(client, command, request, table, before != null);
    }
    long started = commandClock.begin(command, request, reply);
    running = true;
    long changesBefore = keyspace.changeCount();
    call.begin(client, request, command, reply);
    try {
      command.handler().run(call);
    } catch (CommandError error) {
      command.countFailed();
      stats.countError(error.code());
      reply.error(error.text());
      if (client.isMaster() && !inScript) {
        failedForMaster(command, error);
      }
    } catch (OutOfMemoryError full) {
      outOfMemory(client, command, full, reply, changesBefore);
    } catch (RuntimeException fault) {
      fault(client, command, fault, reply);
    }
    if (client.remembersReads()) {
      trackedKeys.read(client, command, request);
    }
    call.end();
    running = nested;
    long nanos;
    if (call.isWaiting()) {
      nanos = commandClock.endUncounted(started, nested);
      if (client.waiting() instanceof KeyWait wait) {
        wait.spent(nanos);
      }
    } else {
      stats.countCommand();
      nanos = commandClock.end(client, command, request, reply, started, nested);
      if (nanos != CommandClock.NOT_MEASURED) {
        long total = before == null ? nanos : nanos + before.spentNanos();
        trace.ran(client, command, request, inScript, total);
      }
    }
    if (before == null) {
      trace.show(client, command, request, inScript);
    }
    if (measured != null) {
      measured.ran(client, nanos);
    }
    if (nanos > CommandTrace.LONG_COMMAND_NANOS) {
      trace.took(command, nanos);
      if (!nested) { // time stands still in scripts and transactions
        refreshClock();
      }
    }
  }

  private boolean wantsReply(ServerClient client, @Nullable Command<Call> command) {
    return !client.is(ClientFlag.MONITOR) && (command == null || !fromReplicas.contains(command));
  }

  /** Disconnects a replica that requests a reply, which would corrupt the replication stream. */
  private void dropReplica(ServerClient client, @Nullable Command<Call> command, Request request) {
    if (command != null && usesKeyspace(command)) {
      command.countRejected();
      stats.countError(REPLICA_AND_KEYS.code());
      stats.countUnexpectedError();
      log.warning(
          "== CRITICAL == This master is sending an error to its replica: '%s' after processing the"
              + " command '%s'",
          REPLICA_AND_KEYS.text(), command.name());
    }
    log.warning(
        "Replica generated a reply to command '%s', disconnecting it: %s",
        command == null ? Errors.shown(request, 0) : command.name(), client);
    client.closeSoon();
  }

  /** A command of the master that fails here means that the data sets differ. */
  private void failedForMaster(@Nullable Command<Call> command, CommandError error) {
    stats.countUnexpectedError();
    log.warning(
        "== CRITICAL == This replica is sending an error to its master: '%s' after processing the"
            + " command '%s'",
        error.text(), command == null ? "<unknown>" : command.name());
  }

  /**
   * Ends a command that found no memory after it had started. A script's call fails as a whole: its
   * reply may be half written.
   */
  private void outOfMemory(
      ServerClient client,
      Command<Call> command,
      OutOfMemoryError full,
      ReplyWriter reply,
      long changesBefore) {
    CommandError error = room.failed("in command '" + command.name() + "'", full);
    if (command.has(Flag.WRITE) || client.isMaster()) {
      failedHalfWay(client, command, changesBefore);
    }
    command.countFailed();
    stats.countError(error.code());
    if (reply != client.reply()) {
      call.end();
      throw full;
    }
    reply.error(error.text());
    client.closeAfterReply();
  }

  /** Reports a bug as an error, which must not stop the server; the reply may be incomplete. */
  private void fault(
      ServerClient client, Command<Call> command, Throwable fault, ReplyWriter reply) {
    log.fault("in command '" + command.name() + "'", fault);
    command.countFailed();
    stats.countUnexpectedError();
    reply.error(INTERNAL.text());
    client.closeAfterReply();
  }

  /** Returns the reason to refuse a command in a script regardless of the user, or null. */
  @Nullable CommandError refusal(
      ServerClient client, Command<Call> command, Request request, int exempt) {
    int refused = state.among(refusals[command.id()] & ~exempt);
    if (refused != 0 && isStillRefused(refused)) {
      return state.error(refused);
    }
    return request.end() - request.start() >= estimatedFromBytes[command.id()]
        ? room.refusal(command, request, databaseOf(client))
        : null;
  }

  /** Runs the requests that a client has queued, as one unit: EXEC. */
  public void runTransaction(ServerClient client) {
    Transaction transaction = client.transaction();
    Request request = call.request();
    if (transaction == null) {
      return;
    }
    boolean lastDenied = false;
    if (transaction.isDoomed()) {
      client.endTransaction();
      throw ABORTED;
    }
    if (client.isWatchedKeyChanged() || watchedKeys.anyExpired(client)) {
      client.endTransaction();
      client.reply().nilArray();
      return;
    }
    watchedKeys.unwatchAll(client);
    client.inExec(true);
    client.reply().array(transaction.count());
    try {
      RequestDecoder decoder =
          new RequestDecoder(client.registry().limits(), client.registry().memory());
      long place = transaction.start();
      for (int i = 0; i < transaction.count(); i++) {
        place = decoder.decode(transaction.memory(), place, transaction.end(), queued);
        lastDenied = !runQueued(client);
      }
    } catch (ProtocolException impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      client.inExec(false);
      propagate(client, true); // queued commands are propagated from the transaction's buffer
      client.endTransaction();
      call.begin(client, request, named("exec"));
    }
    if (lastDenied) {
      named("exec").countFailed(); // as in Redis, where the next call clears what a denial counted
    }
  }

  /** Runs a queued command; returns false if the user has lost the right to it meanwhile. */
  private boolean runQueued(ServerClient client) {
    Command<Call> command = table.find(queued);
    if (command == null) {
      throw new IllegalStateException("queued, but not known");
    }
    CommandError denied =
        client.user().isUnrestricted() ? null : client.deniedSince(command, queued);
    if (denied == null && !client.isMaster()) {
      denied = refusal(client, command, queued, ~Refusal.OUT_OF_ROOM.bit());
    }
    if (denied != null) {
      stats.countError(denied.code());
      client.reply().error(denied.text());
      return false;
    }
    run(client, command, queued);
    return true;
  }
}
