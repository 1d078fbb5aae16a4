package io.redoubt.server.command.transaction;

import static io.redoubt.protocol.command.Flag.ALLOW_BUSY;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.SKIP_SLOWLOG;
import static io.redoubt.protocol.command.Flag.STALE;
import static io.redoubt.protocol.command.KeyFlag.RO;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.Call;
import java.util.function.Consumer;

/** MULTI, EXEC, DISCARD, WATCH and UNWATCH. */
public final class TransactionCommands extends CommandGroup<Call> {
  private static final CommandError NESTED = new CommandError("ERR MULTI calls can not be nested");
  private static final CommandError WATCH_IN_MULTI =
      new CommandError("ERR WATCH inside MULTI is not allowed");
  private static final CommandError EXEC_WITHOUT_MULTI = new CommandError("ERR EXEC without MULTI");
  private static final CommandError DISCARD_WITHOUT_MULTI =
      new CommandError("ERR DISCARD without MULTI");

  final Command<Call> multi =
      command("MULTI")
          .does("Starts a transaction, which queues the following commands.")
          .since("1.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
          .runs(TransactionCommands::multi);

  final Command<Call> exec =
      command("EXEC")
          .does("Runs the commands of a transaction.")
          .since("1.2.0")
          .costs("Depends on the queued commands")
          .is(NOSCRIPT, LOADING, STALE, SKIP_SLOWLOG)
          .runs(this::exec);

  final Command<Call> discard =
      command("DISCARD")
          .does("Discards a transaction.")
          .since("2.0.0")
          .costs("O(N), N the number of queued commands")
          .is(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
          .runs(TransactionCommands::discard);

  final Command<Call> watch =
      command("WATCH key...")
          .does("Watches keys: the next transaction is aborted if one of them changes before it.")
          .since("2.2.0")
          .costs("O(1) a key")
          .is(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
          .keys(RO)
          .runs(TransactionCommands::watch);

  final Command<Call> unwatch =
      command("UNWATCH")
          .does("Unwatches all keys.")
          .since("2.2.0")
          .costs("O(1)")
          .is(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
          .runs(TransactionCommands::unwatch);

  private final Consumer<ServerClient> runner;

  /**
   * Declares the group.
   *
   * @param runner runs the requests that a client has queued
   */
  public TransactionCommands(Consumer<ServerClient> runner) {
    super(Group.TRANSACTIONS);
    this.runner = runner;
  }

  private static void multi(Call call) {
    if (call.client().transaction() != null) {
      throw NESTED;
    }
    call.client().beginTransaction();
    call.reply().ok();
  }

  private void exec(Call call) {
    if (call.client().transaction() == null) {
      throw EXEC_WITHOUT_MULTI;
    }
    runner.accept(call.client());
  }

  private static void discard(Call call) {
    if (call.client().transaction() == null) {
      throw DISCARD_WITHOUT_MULTI;
    }
    call.client().endTransaction();
    call.reply().ok();
  }

  private static void watch(Call call) {
    if (call.client().transaction() != null) {
      throw WATCH_IN_MULTI;
    }
    // The transaction fails already; no more keys need watching.
    if (!call.client().isWatchedKeyChanged()) {
      for (int i = 1; i < call.count(); i++) {
        call.watch(i);
      }
    }
    call.reply().ok();
  }

  private static void unwatch(Call call) {
    call.client().unwatch();
    call.reply().ok();
  }
}
