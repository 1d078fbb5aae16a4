package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.execution.refusal.Refusal;

/** The states that refuse each command; for scripts and functions their flags decide. */
public final class CommandRefusals {
  private final CommandTable<Call> table;
  private final Call call;

  /** The states that refuse a command, by command. */
  private int[] masks = {};

  /** Creates the refusals of the commands of a table, to be derived once it is complete. */
  public CommandRefusals(CommandTable<Call> table, Call call) {
    this.table = table;
    this.call = call;
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

  /** Returns true if a request may change keys; for scripts and functions the flags decide. */
  public boolean mayWrite(Command<?> command, Request request) {
    return (of(command, request) & Refusal.READ_ONLY_REPLICA.bit()) != 0;
  }
}
