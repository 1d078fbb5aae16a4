package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.DatabaseIndex;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.value.stream.Idempotency;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;

/**
 * XCFGSET and XIDMPRECORD of Redis 8.6 and 8.8: the limits of a stream's idempotent ids, and the
 * record of one, by which replicas and files know it.
 */
public final class IdempotencyCommands extends CommandGroup<Call> {
  private static final int MAX_DURATION = 86_400;
  private static final int MAX_MAXSIZE = 10_000;

  private static final CommandError INVALID_DURATION = new CommandError("ERR invalid duration");
  private static final CommandError INVALID_MAXSIZE = new CommandError("ERR invalid maxsize");
  private static final CommandError NO_SUCH_ENTRY =
      new CommandError("ERR The stream has no entry of this ID");
  private static final CommandError OTHER_ENTRY =
      new CommandError("ERR The idempotent ID belongs to another entry");

  private static final long NOT_GIVEN = -1;

  final Command<Call> xcfgset =
      command("XCFGSET key [IDMP-DURATION idmp-duration] [IDMP-MAXSIZE idmp-maxsize]")
          .does("Sets the limits of a stream's idempotent ids.")
          .since("8.6.0")
          .costs("O(1), and O(N) for other limits, N the number of idempotent ids forgotten")
          .is(WRITE, FAST)
          .keys(RW, UPDATE)
          .runs(this::xcfgset);

  final Command<Call> xidmprecord =
      command("XIDMPRECORD key pid{string} iid{string} stream-id{string}")
          .does("Records the idempotent id of an entry; used in replication.")
          .since("8.8.0")
          .costs("O(log(N)), N the number of idempotent ids")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .runs(this::xidmprecord);

  private final StreamId id = new StreamId();

  // Arguments of XCFGSET. The counts come from a master or a file only.
  private long duration;
  private long maxsize;
  private long added;
  private long duplicates;

  public IdempotencyCommands() {
    super(Group.STREAM);
  }

  private void xcfgset(Call call) {
    parse(call);
    long root = change(call);
    long table = Idempotency.table(root);
    EncodingDirectives defaults = call.settings().encodings;
    if (duration == NOT_GIVEN) {
      duration =
          table == 0 ? defaults.streamIdmpDuration.value() : Idempotency.durationSeconds(table);
    }
    if (maxsize == NOT_GIVEN) {
      maxsize = table == 0 ? defaults.streamIdmpMaxsize.value() : Idempotency.maxsize(table);
    }
    Idempotency ids = call.values().streams().idempotency();
    if (table == 0) {
      table = ids.create(root, (int) duration, (int) maxsize);
    } else {
      ids.configure(table, (int) duration, (int) maxsize);
    }
    if (added != NOT_GIVEN) {
      Idempotency.setCounts(table, added, Math.max(duplicates, 0));
    }
    call.propagateNothing();
    call.recordQuietChange(1, 1);
    IdempotentAdd.propagateLimits(call, table);
    call.reply().ok();
  }

  private void parse(Call call) {
    duration = NOT_GIVEN;
    maxsize = NOT_GIVEN;
    added = NOT_GIVEN;
    duplicates = NOT_GIVEN;
    for (int i = 2; i < call.count(); i += 2) {
      if (i + 1 == call.count()) {
        throw Errors.SYNTAX;
      } else if (call.is(i, "IDMP-DURATION")) {
        duration = call.argAtLeast(1, i + 1, INVALID_DURATION);
        if (duration > MAX_DURATION) {
          throw INVALID_DURATION;
        }
      } else if (call.is(i, "IDMP-MAXSIZE")) {
        maxsize = call.argAtLeast(1, i + 1, INVALID_MAXSIZE);
        if (maxsize > MAX_MAXSIZE) {
          throw INVALID_MAXSIZE;
        }
      } else if (call.isTold() && call.is(i, "IDMP-ADDED")) {
        added = call.argAtLeast(0, i + 1, Errors.SYNTAX);
      } else if (call.isTold() && call.is(i, "IDMP-DUPLICATES")) {
        duplicates = call.argAtLeast(0, i + 1, Errors.SYNTAX);
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (duration == NOT_GIVEN && maxsize == NOT_GIVEN) {
      throw Errors.SYNTAX;
    }
  }

  /** Returns the root of the stream for writing; throws if the key does not exist. */
  private static long change(Call call) {
    long entry = call.findForWrite(1, Type.STREAM);
    if (entry == Entry.NONE) {
      throw Errors.NO_SUCH_KEY;
    }
    return Streams.change(call.database(), entry);
  }

  private void xidmprecord(Call call) {
    if (call.argLength(2) == 0 || call.argLength(3) == 0) {
      throw IdempotentAdd.EMPTY;
    }
    StreamIds.parse(call, 4, id);
    long root = change(call);
    // The entry may have been deleted where the id was recorded.
    boolean isCopy = call.isTold() || DatabaseIndex.isStaged(call.database().index());
    Streams streams = call.values().streams();
    if (!isCopy && !streams.contains(root, id)) {
      throw NO_SUCH_ENTRY;
    }
    long table = Idempotency.table(root);
    boolean created = table == 0;
    if (created) {
      table = IdempotentAdd.create(call, root);
    }
    long known = find(call, streams.idempotency(), table);
    call.propagateNothing();
    if (known != 0 && id.compareAt(Idempotency.entryId(known)) == 0) {
      if (call.isTold()) {
        Idempotency.countDuplicate(table); // propagated for a duplicate
      }
    } else if (known != 0 && !isCopy) {
      throw OTHER_ENTRY;
    } else {
      streams
          .idempotency()
          .record(
              table,
              call.argAddress(2),
              call.argLength(2),
              call.argAddress(3),
              call.argLength(3),
              id,
              call.now());
      known = Idempotency.last(table);
    }
    call.recordFullChange(1);
    if (created) {
      IdempotentAdd.propagateLimits(call, table);
    }
    IdempotentAdd.propagate(call, known);
    call.reply().ok();
  }

  private static long find(Call call, Idempotency ids, long table) {
    return ids.find(
        table,
        call.argAddress(2),
        call.argLength(2),
        call.argAddress(3),
        call.argLength(3),
        call.now());
  }
}
