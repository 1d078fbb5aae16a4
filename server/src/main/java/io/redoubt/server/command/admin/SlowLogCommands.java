package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.monitoring.SlowLog;

/** SLOWLOG: the last slow commands. */
public final class SlowLogCommands extends CommandGroup<Call> {
  private static final long USUAL_ENTRIES = 10;

  /** The count of GET for all entries. */
  private static final long ALL = -1;

  private static final CommandError BAD_COUNT =
      new CommandError("ERR count should be greater than or equal to -1");

  private final SlowLog slowLog;

  final Command<Call> slowlog =
      container("SLOWLOG")
          .does("A container for commands on the slow log.")
          .since("2.2.12")
          .costs("Depends on subcommand.")
          .help("6.2.0")
          .holds();

  final Command<Call> get =
      command("SLOWLOG GET [count]")
          .does("Returns the newest entries: 10 by default, all with -1.")
          .since("2.2.12")
          .costs("O(N), N the number of entries returned")
          .is(ADMIN, LOADING, STALE)
          .history("4.0.0", "Added client IP address, port and name to the reply.")
          .tips("request_policy:all_nodes", "nondeterministic_output")
          .runs(this::get);

  final Command<Call> len =
      command("SLOWLOG LEN")
          .does("Returns the number of entries.")
          .since("2.2.12")
          .costs("O(1)")
          .is(ADMIN, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output")
          .runs(this::length);

  final Command<Call> reset =
      command("SLOWLOG RESET")
          .does("Removes all entries.")
          .since("2.2.12")
          .costs("O(N), N the number of entries")
          .is(ADMIN, LOADING, STALE)
          .tips("request_policy:all_nodes", "response_policy:all_succeeded")
          .runs(this::reset);

  public SlowLogCommands(SlowLog slowLog) {
    super(Group.SERVER);
    this.slowLog = slowLog;
  }

  private void get(Call call) {
    if (call.count() > 3) {
      throw Errors.wrongArguments(call.request());
    }
    long most = call.count() > 2 ? wanted(call) : USUAL_ENTRIES;
    slowLog.reply(call.reply(), most == ALL ? slowLog.count() : most);
  }

  private static long wanted(Call call) {
    long most;
    try {
      most = call.argLong(2);
    } catch (CommandError notANumber) {
      throw BAD_COUNT;
    }
    if (most < ALL) {
      throw BAD_COUNT;
    }
    return most;
  }

  private void length(Call call) {
    call.reply().integer(slowLog.count());
  }

  private void reset(Call call) {
    slowLog.reset();
    call.reply().ok();
  }
}
