package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.Transaction;
import io.redoubt.server.execution.refusal.Refusal;
import org.jspecify.annotations.Nullable;

/** The states that refuse each command; for scripts and functions their flags decide. */
public final class CommandRefusals {
  private final CommandTable<Call> table;
  private final Call call;
  private final MasterRedirect redirect;

  /** The states that refuse a command, by command. */
  private int[] masks = {};

  /** Creates the refusals of the commands of a table, to be derived once it is complete. */
  public CommandRefusals(CommandTable<Call> table, Call call, MasterRedirect redirect) {
    this.table = table;
    this.call = call;
    this.redirect = redirect;
  }

  /** Derives the states from the complete command table. */
  void onCommandsDeclared() {
    masks = new int[table.numbered().size()];
    for (Command<Call> command : table.numbered()) {
      masks[command.id()] = Refusal.refusing(command);
    }
  }

  /** Returns the states that refuse a command, regardless of the flags of a script. */
  int declared(Command<?> command) {
    return masks[command.id()];
  }

  /** Returns the states that refuse a command; for a script they depend on its flags. */
  int of(Command<?> command, Request request) {
    return masks[command.id()] | call.scriptRefusals(command, request);
  }

  /** Returns the error by which a replica redirects a request to its master, or null. */
  @Nullable CommandError redirection(ServerClient client, Command<Call> command, Request request) {
    return redirect.isActive() && isForMaster(client, command, request) ? redirect.error() : null;
  }

  /** Returns true if a request would be redirected, but to a server that is no master yet. */
  boolean awaitsMaster(ServerClient client, Command<Call> command, Request request) {
    return redirect.isHandingOver()
        && command.accepts(request.count())
        && isForMaster(client, command, request);
  }

  private boolean isForMaster(ServerClient client, Command<Call> command, Request request) {
    if (client.isMaster() || client.is(ClientFlag.REPLICA)) {
      return false;
    }
    Transaction transaction = client.transaction();
    if (transaction != null && command.name().equals("exec")) {
      boolean writes = (transaction.refusals() & Refusal.READ_ONLY_REPLICA.bit()) != 0;
      return writes || (transaction.reads() && !client.is(ClientFlag.READONLY));
    }
    return mayWrite(command, request)
        || (command.has(Flag.READONLY) && !client.mayStayOnReplica(command));
  }

  /** Returns true if a request may change keys; for scripts and functions the flags decide. */
  public boolean mayWrite(Command<?> command, Request request) {
    return (of(command, request) & Refusal.READ_ONLY_REPLICA.bit()) != 0;
  }
}
