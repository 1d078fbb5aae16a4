package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.TOUCHES_ARBITRARY_KEYS;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RM;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.DatabaseSpec;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.event.KeyEvent;

/** The generic group: commands on keys of any type. */
public final class GenericCommands extends CommandGroup<Call> {
  private static final CommandError MOVE_IN_CLUSTER =
      new CommandError("ERR MOVE is not allowed in cluster mode");
  private static final CommandError COPY_IN_CLUSTER =
      new CommandError("ERR Copying to another database is not allowed in cluster mode");
  private static final int MAX_DRAWS = 100;
  private static final CommandError SAME_OBJECT =
      new CommandError("ERR source and destination objects are the same");

  final Command<Call> copy =
      command("COPY source destination [DB destination-db] [REPLACE]")
          .does("Copies the value of a key to another key.")
          .since("6.2.0")
          .costs("O(N), N the number of elements of a collection, O(1) for a string")
          .is(WRITE, DENYOOM)
          .keys(RO, ACCESS)
          .keys(OW, UPDATE)
          .databases(DatabaseSpec.current((request, i) -> i > 3 && request.is(i - 1, "DB")))
          .runs(GenericCommands::copy);

  final Command<Call> del =
      command("DEL key...")
          .does("Deletes keys.")
          .since("1.0.0")
          .costs("O(N), N the number of keys; large values are freed in slices")
          .is(WRITE)
          .keys(RM, DELETE)
          .tips("request_policy:multi_shard", "response_policy:agg_sum")
          .runs(GenericCommands::delete);

  final Command<Call> exists =
      command("EXISTS key...")
          .does("Returns the number of the given keys that exist.")
          .since("1.0.0")
          .costs("O(N), N the number of keys")
          .is(READONLY, FAST)
          .keys(RO)
          .tips("request_policy:multi_shard", "response_policy:agg_sum")
          .history("3.0.3", "Accepts multiple `key` arguments.")
          .runs(GenericCommands::exists);

  final Command<Call> move =
      command("MOVE key db")
          .does("Moves a key to another database.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, UPDATE)
          .databases(DatabaseSpec.current((request, i) -> i == 2))
          .runs(GenericCommands::move);

  final Command<Call> randomkey =
      command("RANDOMKEY")
          .does("Returns a random key of the database.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, TOUCHES_ARBITRARY_KEYS)
          .tips("request_policy:all_shards", "response_policy:special", "nondeterministic_output")
          .runs(GenericCommands::randomKey);

  final Command<Call> rename =
      command("RENAME key newkey")
          .does("Renames a key, replacing the key of the new name.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE)
          .keys(RW, ACCESS, DELETE)
          .keys(OW, UPDATE)
          .runs(call -> rename(call, true));

  final Command<Call> renamenx =
      command("RENAMENX key newkey")
          .does("Renames a key if the new name does not exist.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .keys(OW, INSERT)
          .history(
              "3.2.0",
              "The command no longer returns an error when source and destination names are the"
                  + " same.")
          .runs(call -> rename(call, false));

  final Command<Call> touch =
      command("TOUCH key...")
          .does("Updates the access times of keys and returns the number of existing ones.")
          .since("3.2.1")
          .costs("O(N), N the number of keys")
          .is(READONLY, FAST)
          .keys(RO)
          .tips("request_policy:multi_shard", "response_policy:agg_sum")
          .runs(GenericCommands::touch);

  final Command<Call> type =
      command("TYPE key")
          .does("Returns the type of the value of a key.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(GenericCommands::type);

  final Command<Call> unlink =
      command("UNLINK key...")
          .does(
              "Deletes keys; the memory of large values is freed incrementally, between other"
                  + " commands.")
          .since("4.0.0")
          .costs("O(N), N the number of keys")
          .is(WRITE, FAST)
          .keys(RM, DELETE)
          .tips("request_policy:multi_shard", "response_policy:agg_sum")
          .runs(GenericCommands::delete);

  public GenericCommands() {
    super(Group.GENERIC);
  }

  private static void delete(Call call) {
    int deleted = 0;
    KeysAhead ahead = KeysAhead.of(call);
    for (int i = 1; i < call.count(); i++) {
      KeysAhead.at(ahead, i);
      long entry = call.findForWrite(i);
      if (entry != Entry.NONE) {
        call.database().remove(entry);
        call.recordChange(i, KeyEvent.DEL, 1);
        deleted++;
      }
    }
    call.reply().integer(deleted);
  }

  private static void exists(Call call) {
    int found = 0;
    KeysAhead ahead = KeysAhead.of(call);
    for (int i = 1; i < call.count(); i++) {
      KeysAhead.at(ahead, i);
      found += call.readQuietly(i) != Entry.NONE ? 1 : 0;
    }
    call.reply().integer(found);
  }

  private static void touch(Call call) {
    int found = 0;
    for (int i = 1; i < call.count(); i++) {
      long entry = call.readQuietly(i);
      if (entry != Entry.NONE) {
        call.database().touch(entry); // even for a client that asked for CLIENT NO-TOUCH
        found++;
      }
    }
    call.reply().integer(found);
  }

  private static void type(Call call) {
    long entry = call.readQuietly(1);
    call.reply().simple(entry == Entry.NONE ? "none" : Entry.type(entry).word());
  }

  private static void randomKey(Call call) {
    Database database = call.database();
    // A replica draws again if it hits a due key, which only its master may delete; bounded.
    for (int tries = 0; tries < MAX_DRAWS && database.size() > 0; tries++) {
      long entry = database.randomEntry();
      if (!database.isDue(entry) || tries == MAX_DRAWS - 1) {
        call.replyKey(entry);
        return;
      }
      call.keyspace().expireDue(1);
    }
    call.reply().nil();
  }

  private static void rename(Call call, boolean replace) {
    boolean same = call.sameArgument(1, 2);
    long entry = call.findForWrite(1);
    if (entry == Entry.NONE) {
      throw Errors.NO_SUCH_KEY;
    }
    if (!same) {
      if (call.findForWrite(2) != Entry.NONE && !replace) {
        call.reply().integer(0);
        return;
      }
      Transfers.rename(call.database(), entry, call.argAddress(2), call.argLength(2));
      call.recordChange(1, KeyEvent.RENAME_FROM, 1);
      call.recordChange(2, KeyEvent.RENAME_TO, 0);
    }
    if (replace) {
      call.reply().ok();
    } else {
      call.reply().integer(same ? 0 : 1);
    }
  }

  private static void copy(Call call) {
    Database target = call.database();
    boolean replace = false;
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "REPLACE")) {
        replace = true;
      } else if (call.is(i, "DB") && i + 1 < call.count()) {
        if (call.hasOneDatabase() && call.argInt(i + 1) != 0) {
          throw COPY_IN_CLUSTER;
        }
        target = call.databaseArgument(++i);
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (target == call.database() && call.sameArgument(1, 2)) {
      throw SAME_OBJECT;
    }
    long source = call.read(1);
    if (source == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    if (call.findForWrite(target, 2) != Entry.NONE && !replace) {
      call.reply().integer(0);
      return;
    }
    Transfers.copy(call.database(), source, target, call.argAddress(2), call.argLength(2));
    call.recordChange(target, 2, KeyEvent.COPY_TO, 1);
    call.reply().integer(1);
  }

  private static void move(Call call) {
    if (call.hasOneDatabase()) {
      throw MOVE_IN_CLUSTER;
    }
    Database source = call.database();
    Database target = call.databaseArgument(2);
    if (target == source) {
      throw SAME_OBJECT;
    }
    long entry = call.findForWrite(1);
    if (entry == Entry.NONE || call.findForWrite(target, 1) != Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    Transfers.move(source, entry, target);
    call.recordChange(source, 1, KeyEvent.MOVE_FROM, 1);
    call.recordChange(target, 1, KeyEvent.MOVE_TO, 0);
    call.reply().integer(1);
  }
}
