package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.protocol.session.ClientContext;
import io.redoubt.protocol.session.Refusals;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.execution.refusal.Refusal;

/** Runs the requests queued by a client as part of one unit: EXEC. */
final class Transactions {
  private static final CommandError ABORTED =
      new CommandError("EXECABORT Transaction discarded because of previous errors.");

  private final CommandTable<Call> table;
  private final Call call;
  private final CommandChecks checks;
  private final CommandExecutor executor;
  private final UnitOfExecution unit;
  private final Request queued = new Request();

  Transactions(
      CommandTable<Call> table,
      Call call,
      CommandChecks checks,
      CommandExecutor executor,
      UnitOfExecution unit) {
    this.table = table;
    this.call = call;
    this.checks = checks;
    this.executor = executor;
    this.unit = unit;
  }

  /**
   * Runs the queued requests of a client, whose EXEC is running.
   *
   * @throws CommandError if a request could not be queued
   */
  void run(ServerClient client) {
    Transaction transaction = client.transaction();
    Request request = call.request();
    Command<?> exec = call.command();
    if (transaction == null) {
      return;
    }
    boolean lastDenied = false;
    if (transaction.isDoomed()) {
      client.endTransaction();
      throw ABORTED;
    }
    if (client.isWatchedKeyChanged() || call.observers().watched().anyExpired(client)) {
      client.endTransaction();
      client.reply().nilArray();
      return;
    }
    call.observers().watched().unwatchAll(client);
    client.setInExec(true);
    client.reply().array(transaction.count());
    try {
      ClientContext context = client.context();
      RequestDecoder decoder = new RequestDecoder(context.limits(), context.memory());
      long place = transaction.start();
      for (int i = 0; i < transaction.count() && !context.isHalted(); i++) {
        place = decoder.decode(transaction.memory(), place, transaction.end(), queued);
        lastDenied = !runQueued(client);
      }
    } catch (ProtocolException impossible) {
      throw new IllegalStateException(impossible);
    } finally {
      client.setInExec(false);
      queued.release();
      client.detachTransaction();
      unit.keep(transaction); // its effects may refer to the queued requests
      call.begin(client, request, exec, client.reply());
    }
    if (lastDenied) {
      exec.countFailed(); // as in Redis: a denial counts unless a call follows
    }
  }

  /**
   * Runs a queued command; returns false if it is now refused, for example by changed permissions.
   */
  private boolean runQueued(ServerClient client) {
    Command<Call> command = table.find(queued);
    if (command == null) {
      throw new IllegalStateException("queued, but not known");
    }
    CommandError denied =
        client.isMaster() || client.user().isUnrestricted()
            ? null
            : Refusals.byChangedRules(client, command, queued);
    if (denied == null && !client.isMaster()) {
      denied = checks.refusal(client, command, queued, ~Refusal.OUT_OF_ROOM.bit());
    }
    if (denied != null) {
      executor.deny(denied, client.reply());
      return false;
    }
    executor.run(client, command, queued);
    return true;
  }
}
