package io.redoubt.server.command.admin;

import static io.redoubt.protocol.command.Flag.ADMIN;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.LOADING;
import static io.redoubt.protocol.command.Flag.NOSCRIPT;
import static io.redoubt.protocol.command.Flag.NO_ASYNC_LOADING;
import static io.redoubt.protocol.command.Flag.NO_MULTI;
import static io.redoubt.protocol.command.Flag.STALE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.aof.AppendOnlyFile;
import io.redoubt.server.aof.RewriteOutcome;
import io.redoubt.server.execution.Call;
import io.redoubt.server.snapshot.SaveOutcome;
import io.redoubt.server.snapshot.Snapshots;

/** SAVE, BGSAVE, BGREWRITEAOF and LASTSAVE. */
public final class PersistenceCommands extends CommandGroup<Call> {
  private final Snapshots snapshots;
  private final AppendOnlyFile appendOnlyFile;

  final Command<Call> save =
      command("SAVE")
          .does("Saves the data set, blocking all clients.")
          .since("1.0.0")
          .costs("O(N), N the number of keys")
          .is(ADMIN, NOSCRIPT, NO_ASYNC_LOADING, NO_MULTI)
          .runs(this::save);

  final Command<Call> bgsave =
      command("BGSAVE [SCHEDULE{since 3.2.2} | CANCEL{since 8.1.0}]{operation}")
          .does("Saves the data set incrementally, between other commands, or stops that.")
          .since("1.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, NO_ASYNC_LOADING)
          .history("3.2.2", "Added the `SCHEDULE` option.")
          .history("8.1.0", "Added the `CANCEL` option.")
          .runs(this::saveInBackground);

  final Command<Call> bgrewriteaof =
      command("BGREWRITEAOF")
          .does("Rewrites the append-only file incrementally, between other commands.")
          .since("1.0.0")
          .costs("O(1)")
          .is(ADMIN, NOSCRIPT, NO_ASYNC_LOADING)
          .runs(this::rewrite);

  final Command<Call> lastsave =
      command("LASTSAVE")
          .does("Returns the Unix time of the last successful save.")
          .since("1.0.0")
          .costs("O(1)")
          .is(LOADING, STALE, FAST)
          .categories(Category.ADMIN, Category.DANGEROUS)
          .tips("nondeterministic_output")
          .runs(this::lastSave);

  public PersistenceCommands(Snapshots snapshots, AppendOnlyFile appendOnlyFile) {
    super(Group.SERVER);
    this.appendOnlyFile = appendOnlyFile;
    this.snapshots = snapshots;
  }

  private void save(Call call) {
    SaveOutcome outcome = snapshots.save();
    if (outcome.isError()) {
      throw new CommandError(outcome.text());
    }
    call.reply().ok();
  }

  private void saveInBackground(Call call) {
    boolean cancel = call.count() == 2 && call.is(1, "CANCEL");
    boolean schedule = call.count() == 2 && call.is(1, "SCHEDULE");
    if (call.count() > 1 && !cancel && !schedule) {
      throw Errors.SYNTAX;
    }
    boolean later = (schedule && snapshots.isRunning()) || call.client().isInExec();
    SaveOutcome outcome = cancel ? snapshots.cancel() : snapshots.saveInBackground(later);
    if (outcome.isError()) {
      throw new CommandError(outcome.text());
    }
    call.reply().simple(outcome.text());
  }

  private void rewrite(Call call) {
    RewriteOutcome outcome = appendOnlyFile.rewrite(call.client().isInExec());
    if (outcome.isError()) {
      throw new CommandError(outcome.text());
    }
    call.reply().simple(outcome.text());
  }

  private void lastSave(Call call) {
    call.reply().integer(snapshots.lastSaveSeconds());
  }
}
