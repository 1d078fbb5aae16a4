package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.Refusals;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.execution.refusal.MemoryRoom;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.ServerDirectives;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first reason to refuse a command, in the order of Redis' checks. Evicts keys on the
 * way.
 *
 * <p>The common path costs one test of {@link ServerState} against the command's refusals;
 * everything else is behind a rarely taken branch.
 */
public final class CommandChecks {
  private static final CommandError NOT_IN_MULTI =
      new CommandError("ERR Command not allowed inside a transaction");

  /** Refuses commands that a replica must not send. */
  static final CommandError REPLICA_AND_KEYS =
      new CommandError("ERR Replica can't interact with the keyspace");

  private static final List<String> ENDS_TRANSACTION = List.of("exec", "discard", "quit", "reset");

  private final CommandTable<Call> table;
  private final CommandRefusals refusals;
  private final Call call;
  private final Keyspace keyspace;
  private final ServerState state;
  private final ServerDirectives settings;
  private final Propagation propagation;
  private final Eviction eviction;
  private final MemoryRoom room;
  private final HeapGate heap;

  /** Routes requests by slot in cluster mode, null without it. */
  private final @Nullable SlotGate gate;

  /** The redirection of the last checked request to another server. */
  private @Nullable CommandError redirection;

  /** The minimum request size, by command, at which the needed memory is estimated. */
  private long[] estimatedFromBytes = {};

  private @Nullable Command<Call> exec;
  private final Set<Command<Call>> endsTransaction = new HashSet<>();

  /**
   * Creates the checks.
   *
   * @param gate routes requests by slot, null without cluster mode
   */
  public CommandChecks(
      CommandTable<Call> table,
      CommandRefusals refusals,
      Call call,
      ServerState state,
      Eviction eviction,
      MemoryRoom room,
      HeapGate heap,
      @Nullable SlotGate gate) {
    this.table = table;
    this.refusals = refusals;
    this.gate = gate;
    this.call = call;
    this.keyspace = call.keyspace();
    this.settings = call.settings();
    this.propagation = call.propagation();
    this.state = state;
    this.eviction = eviction;
    this.room = room;
    this.heap = heap;
  }

  /** Derives tables from the complete command table. */
  void onCommandsDeclared() {
    refusals.onCommandsDeclared();
    estimatedFromBytes = new long[table.numbered().size()];
    for (Command<Call> command : table.numbered()) {
      estimatedFromBytes[command.id()] = MemoryRoom.estimatedFromBytes(command);
    }
    heap.onCommandsDeclared(table);
    exec = table.byOriginalName("exec");
    for (String name : ENDS_TRANSACTION) {
      Command<Call> command = table.byOriginalName(name);
      if (command != null) {
        endsTransaction.add(command);
      }
    }
  }

  /** Returns the gate of cluster mode, null without it. */
  @Nullable SlotGate gate() {
    return gate;
  }

  /** Returns the states that refuse a command. */
  CommandRefusals refusals() {
    return refusals;
  }

  HeapGate heap() {
    return heap;
  }

  /**
   * Returns the first reason to refuse the command, or null.
   *
   * @param inUnit true if it runs within another one, as during a busy script
   */
  @Nullable CommandError check(
      ServerClient client, Command<Call> command, Request request, boolean inUnit) {
    if (!command.accepts(request.count())) {
      return Errors.wrongArity(command);
    }
    if (command.has(Flag.PROTECTED)) {
      CommandError refused = ProtectedCommands.refusal(settings.common, command, client);
      if (refused != null) {
        return refused;
      }
    }
    if (client.isMaster()) {
      if (!state.is(Refusal.LOADING)) {
        makeRoom(client, inUnit); // loaded keys are not evicted
      }
      return null; // nothing else sent by a master is refused
    }
    if (!client.isAuthenticated() && !command.has(Flag.NO_AUTH)) {
      return Errors.NOAUTH;
    }
    Transaction transaction = client.transaction();
    if (transaction != null && command.has(Flag.NO_MULTI)) {
      return NOT_IN_MULTI;
    }
    if (!client.user().isUnrestricted()) {
      CommandError denied = Refusals.byRules(client, command, request);
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
    } else if (slots == null && client.followsRedirects()) {
      redirection = refusals.redirection(client, command, request);
      if (redirection != null) {
        return redirection;
      }
    }
    int refused = refusals.declared(command);
    makeRoom(client, inUnit);
    if (transaction != null && command == exec) {
      refused |= transaction.refusals();
    } else if (transaction != null && !endsTransaction.contains(command)) {
      refused |= Refusal.ROOM; // queued commands take memory
    }
    if (state.mask() != 0) {
      refused = state.among(refused | call.scriptRefusals(command, request));
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
      return REPLICA_AND_KEYS; // a monitor, which counts as a replica here
    }
    return Refusals.inSubscribeMode(client, command);
  }

  /** Returns true if an error is the redirection of the last checked request. */
  boolean isRedirection(CommandError error) {
    return error == redirection;
  }

  private @Nullable CommandError elsewhere(
      SlotGate slots, ServerClient client, Command<Call> command, Request request) {
    if (command != exec) {
      return slots.refusal(client, command, request);
    }
    Transaction transaction = client.transaction();
    return transaction == null ? null : slots.refusal(client, command, transaction, table);
  }

  /** Returns true if a replica that sends the command is refused. */
  static boolean usesKeyspace(Command<Call> command) {
    return command.has(Flag.WRITE) || command.has(Flag.READONLY) || command.has(Flag.MAY_REPLICATE);
  }

  /**
   * Returns true if a state still holds: keys may have been removed since the shortage was
   * detected.
   */
  private boolean isStillRefused(int refused) {
    return refused != Refusal.OUT_OF_ROOM.bit() || room.isShort();
  }

  private Database databaseOf(ServerClient client) {
    return keyspace.database(client.databaseIndex());
  }

  private void makeRoom(ServerClient client, boolean inUnit) {
    boolean needed = eviction.isNeeded();
    state.set(Refusal.OUT_OF_MEMORY, needed && !eviction.makeRoom());
    if (needed) {
      client.pushBeforeReply(); // invalidations of evicted keys must precede the reply
    }
    if (needed && !inUnit) {
      propagation.endSeparately(); // evictions are not part of the command's unit
    }
  }

  /**
   * Returns the reason to refuse a command called by a script or EXEC, apart from permissions, or
   * null.
   *
   * @param exempt states that do not refuse it
   */
  @Nullable CommandError refusal(
      ServerClient client, Command<Call> command, Request request, int exempt) {
    int refused = state.among(refusals.declared(command) & ~exempt);
    if (refused != 0 && isStillRefused(refused)) {
      return state.error(refused);
    }
    if (!heap.admits(command, request)) {
      return HeapGate.FULL; // earlier commands of the transaction may have used up the heap
    }
    return request.end() - request.start() >= estimatedFromBytes[command.id()]
        ? room.refusal(command, request, databaseOf(client))
        : null;
  }
}
