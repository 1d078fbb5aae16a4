package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;

import io.redoubt.protocol.command.Category;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;

/** Commands on whole databases: counting, swapping and emptying them. */
public final class DatabaseCommands extends CommandGroup<Call> {
  private static final CommandError FIRST_INDEX = new CommandError("ERR invalid first DB index");
  private static final CommandError SECOND_INDEX = new CommandError("ERR invalid second DB index");

  private final Runnable allFlushed;

  final Command<Call> dbsize =
      command("DBSIZE")
          .does("Returns the number of keys in the database.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .categories(Category.KEYSPACE)
          .tips("request_policy:all_shards", "response_policy:agg_sum")
          .runs(call -> call.reply().integer(call.database().size()));

  final Command<Call> flushall =
      flushing("FLUSHALL")
          .does("Removes all keys from all databases.")
          .databases(DatabaseSpec.ALL)
          .runs(this::flushAll);

  final Command<Call> flushdb =
      flushing("FLUSHDB")
          .does("Removes all keys from the current database.")
          .runs(DatabaseCommands::flushDb);

  final Command<Call> swapdb =
      command("SWAPDB index1 index2")
          .does("Swaps two databases for all clients.")
          .since("4.0.0")
          .costs("O(N), N the number of clients that watch keys of the two")
          .is(WRITE, FAST)
          .categories(Category.KEYSPACE, Category.DANGEROUS)
          .databases(DatabaseSpec.named((request, i) -> true))
          .runs(DatabaseCommands::swapDb);

  private static final CommandError NOT_IN_A_CLUSTER =
      new CommandError("ERR SWAPDB is not allowed in cluster mode");

  private Builder<Call> flushing(String name) {
    return command(name + " [ASYNC{since 4.0.0} | SYNC{since 6.2.0}]{flush-type}")
        .since("1.0.0")
        .costs("O(1); the memory is freed in slices, between other commands")
        .is(WRITE)
        .categories(Category.KEYSPACE, Category.DANGEROUS)
        .tips("request_policy:all_shards", "response_policy:all_succeeded")
        .history("4.0.0", "Added the `ASYNC` flushing mode modifier.")
        .history("6.2.0", "Added the `SYNC` flushing mode modifier.");
  }

  /** Declares the group; {@code allFlushed} runs when FLUSHALL has removed everything. */
  public DatabaseCommands(Runnable allFlushed) {
    super(Group.SERVER);
    this.allFlushed = allFlushed;
  }

  private void flushAll(Call call) {
    if (FlushWait.isOver(call)) {
      call.reply().ok();
      return;
    }
    boolean lazily = lazily(call);
    long removed = 0;
    call.onFlushed();
    for (int i = 0; i < call.keyspace().count(); i++) {
      removed += call.flush(call.keyspace().database(i));
    }
    call.recordFullChange(removed); // before the save, which makes it zero again
    allFlushed.run();
    reply(call, lazily);
  }

  private static void flushDb(Call call) {
    if (FlushWait.isOver(call)) {
      call.reply().ok();
      return;
    }
    boolean lazily = lazily(call);
    call.onFlushed();
    call.recordFullChange(call.flush(call.database()));
    reply(call, lazily);
  }

  /**
   * Replies, unless the client must wait because much memory is still to be freed. A transaction, a
   * script and the master's stream can't wait: the rest is freed as with ASYNC.
   */
  private static void reply(Call call, boolean lazily) {
    if (lazily || FlushWait.freesAtOnce(call.keyspace()) || !call.mayWait()) {
      call.reply().ok();
    } else {
      new FlushWait(call).begin();
    }
  }

  private static boolean lazily(Call call) {
    if (call.count() > 2) {
      throw Errors.SYNTAX;
    }
    if (call.count() == 1) {
      return call.settings().memory.lazyfreeLazyUserFlush.value();
    }
    if (call.is(1, "ASYNC")) {
      return true;
    }
    if (call.is(1, "SYNC")) {
      return false;
    }
    throw Errors.SYNTAX;
  }

  private static void swapDb(Call call) {
    if (call.keyspace().isBySlot()) {
      throw NOT_IN_A_CLUSTER;
    }
    int first = index(call, 1, FIRST_INDEX);
    int second = index(call, 2, SECOND_INDEX);
    int count = call.keyspace().count();
    if (first < 0 || first >= count || second < 0 || second >= count) {
      throw Call.DB_INDEX_OUT_OF_RANGE;
    }
    call.swapDatabases(first, second);
    call.recordFullChange(1);
    call.reply().ok();
  }

  private static int index(Call call, int argument, CommandError error) {
    try {
      return call.argInt(argument);
    } catch (CommandError notAnIndex) {
      throw error;
    }
  }
}
