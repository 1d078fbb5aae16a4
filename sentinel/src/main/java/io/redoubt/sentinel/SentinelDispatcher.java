package io.redoubt.sentinel;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.protocol.session.Refusals;
import io.redoubt.protocol.session.heap.HeapGate;
import io.redoubt.sentinel.command.SentinelCall;
import org.jspecify.annotations.Nullable;

/** Dispatches requests to commands: look-up, the checks in Redis' order, execution. */
final class SentinelDispatcher implements Dispatcher {
  private static final String INTERNAL = "ERR internal error, see the log of the sentinel";

  private final CommandTable<SentinelCall> table;
  private final SentinelCall call;
  private final HeapGate heap;
  private final Clock clock;
  private final Log log;
  private long commands;

  SentinelDispatcher(
      CommandTable<SentinelCall> table, SentinelCall call, HeapGate heap, Clock clock, Log log) {
    this.table = table;
    this.call = call;
    this.heap = heap;
    this.clock = clock;
    this.log = log;
  }

  long commands() {
    return commands;
  }

  @Override
  public boolean hasRoomForClient() {
    return heap.admitsClient();
  }

  @Override
  public boolean dispatch(Client client, Request request) {
    execute(client, request);
    return true; // a sentinel has no pauses
  }

  private void execute(Client client, Request request) {
    if (request.is(0, "QUIT")) {
      // As in Redis, a sentinel supports QUIT although its command table lacks it.
      client.reply().ok();
      client.closeAfterReply();
      return;
    }
    Command<SentinelCall> command = table.find(request);
    if (command == null && client.endsCrossProtocol(request)) {
      return;
    }
    CommandError error =
        command == null ? table.unknown(request) : refusal(client, command, request);
    if (command != null) {
      client.setLastCommand(command);
    }
    if (command != null && error == null) {
      run(client, command, request);
    } else if (error != null) {
      client.reply().error(error.text());
      if (command != null) {
        command.countRejected();
      }
    }
  }

  private @Nullable CommandError refusal(
      Client client, Command<SentinelCall> command, Request request) {
    if (!command.isRunnable() || !command.accepts(request.count())) {
      return Errors.wrongArity(command);
    }
    if (!client.isAuthenticated() && !command.has(Flag.NO_AUTH)) {
      return Errors.NOAUTH;
    }
    CommandError denied =
        client.user().isUnrestricted() ? null : Refusals.byRules(client, command, request);
    if (denied == null && !heap.admits(command, request)) {
      return HeapGate.FULL;
    }
    return denied == null ? Refusals.inSubscribeMode(client, command) : denied;
  }

  private void run(Client client, Command<SentinelCall> command, Request request) {
    long started = clock.monotonicNanos();
    call.begin(client, request, command);
    try {
      command.handler().run(call);
    } catch (CommandError error) {
      command.countFailed();
      client.reply().error(error.text());
    } catch (RuntimeException fault) {
      // A fault must not stop the sentinel; since the reply may be incomplete, the client is
      // closed.
      log.fault("in command '" + command.name() + "'", fault);
      command.countFailed();
      client.reply().error(INTERNAL);
      client.closeAfterReply();
    }
    commands++;
    command.countCalls(1, clock.monotonicNanos() - started);
  }
}
