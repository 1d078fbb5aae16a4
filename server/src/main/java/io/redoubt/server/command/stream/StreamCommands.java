package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.stream.StreamEntries;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/** The stream group except groups and blocking reads: adds, deletes and reads entries. */
public final class StreamCommands extends CommandGroup<Call> {
  private static final CommandError EXHAUSTED =
      new CommandError(
          "ERR The stream has exhausted the last possible ID, unable to add more items");
  private static final CommandError ZERO_ID =
      new CommandError("ERR The ID specified in XADD must be greater than 0-0");
  private static final CommandError SMALL_ID =
      new CommandError(
          "ERR The ID specified in XADD is equal or smaller than the target stream top item");
  private static final CommandError TOO_LARGE =
      new CommandError("ERR Elements are too large to be stored");
  private static final CommandError NO_STRATEGY =
      new CommandError("ERR syntax error, XTRIM must be called with a trimming strategy");
  private static final CommandError NEGATIVE_ADDED =
      new CommandError("ERR entries_added must be positive");
  private static final CommandError BELOW_GIVEN_DELETED =
      new CommandError(
          "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
  private static final CommandError BELOW_DELETED =
      new CommandError(
          "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id");
  private static final CommandError BELOW_TOP =
      new CommandError("ERR The ID specified in XSETID is smaller than the target stream top item");
  private static final CommandError BELOW_LENGTH =
      new CommandError(
          "ERR The entries_added specified in XSETID is smaller than the target stream length");

  final Command<Call> xadd =
      command(
              "XADD key [NOMKSTREAM]{since 6.2.0} [KEEPREF | DELREF | ACKED]{condition, since"
                  + " 8.2.0} [IDMPAUTO producer-id{string} | (IDMP producer-id{string}"
                  + " idempotent-id{string}){idmp}]{idempotency, since 8.6.0} [(MAXLEN |"
                  + " MINID{since 6.2.0}){strategy} [={equal} | ~{approximately}]{operator}"
                  + " threshold{string} [LIMIT count{since 6.2.0}]]{trim} (*{auto-id} |"
                  + " id){id-selector} (field value){data}...")
          .does("Appends an entry to a stream, creating the stream if needed.")
          .since("5.0.0")
          .costs("O(1), and O(N) for trimming, N the number of entries evicted")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .keyNote("UPDATE instead of INSERT because of the optional trimming feature")
          .tips("nondeterministic_output")
          .history(
              "6.2.0",
              "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.")
          .history("7.0.0", "Added support for the `<ms>-*` explicit ID form.")
          .history("8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options.")
          .history("8.6.0", "Added the `IDMP` and `IDMPAUTO` options.")
          .runs(this::xadd);

  final Command<Call> xdel =
      command("XDEL key id...")
          .does("Deletes entries of a stream and returns their number.")
          .since("5.0.0")
          .costs("O(1) an entry")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .runs(this::xdel);

  final Command<Call> xlen =
      command("XLEN key")
          .does("Returns the number of entries of a stream.")
          .since("5.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(StreamCommands::xlen);

  final Command<Call> xrange =
      command("XRANGE key start{string} end{string} [COUNT count]")
          .does("Returns the entries of a stream within a range of ids.")
          .since("5.0.0")
          .costs("O(N), N the number of entries returned")
          .is(READONLY)
          .keys(RO, ACCESS)
          .history("6.2.0", "Added exclusive ranges.")
          .runs(call -> range(call, 2, 3, false));

  final Command<Call> xrevrange =
      command("XREVRANGE key end{string} start{string} [COUNT count]")
          .does("Returns the entries of a stream within a range of ids in reverse order.")
          .since("5.0.0")
          .costs("O(N), N the number of entries returned")
          .is(READONLY)
          .keys(RO, ACCESS)
          .history("6.2.0", "Added exclusive ranges.")
          .runs(call -> range(call, 3, 2, true));

  final Command<Call> xsetid =
      command(
              "XSETID key last-id [ENTRIESADDED entries-added{since 7.0.0}]"
                  + " [MAXDELETEDID max-deleted-id{since 7.0.0}]")
          .does("Sets the last id and counters of a stream; used in replication.")
          .since("5.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .history("7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments.")
          .runs(this::xsetid);

  final Command<Call> xtrim =
      command(
              "XTRIM key ((MAXLEN | MINID{since 6.2.0}){strategy} [={equal}"
                  + " | ~{approximately}]{operator} threshold{string}"
                  + " [LIMIT count{since 6.2.0}]){trim}"
                  + " [KEEPREF | DELREF | ACKED]{condition, since 8.2.0}")
          .does("Deletes the oldest entries of a stream up to a length or an id.")
          .since("5.0.0")
          .costs("O(N), N the number of entries evicted")
          .is(WRITE)
          .keys(RW, DELETE)
          .tips("nondeterministic_output")
          .history("6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option.")
          .history("8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options.")
          .runs(this::xtrim);

  private final StreamTrim trim = new StreamTrim();
  private final IdempotentAdd idempotent = new IdempotentAdd();
  private final StreamId id = new StreamId();
  private final StreamId other = new StreamId();

  public StreamCommands() {
    super(Group.STREAM);
  }

  // Adding.

  /** The parts of an id that the server chooses. */
  private enum Open {
    ALL,
    SEQUENCE,
    NOTHING
  }

  private void xadd(Call call) {
    trim.begin();
    idempotent.begin();
    boolean onlyIfThere = false;
    int idArg = 2;
    while (idArg < call.count() && !StreamIds.is(call, idArg, '*')) {
      int next = trim.parse(call, idArg);
      if (next == 0) {
        next = idempotent.parse(call, idArg);
        if (next > 0) {
          trim.omit(idArg, next - idArg);
        }
      }
      if (next > 0) {
        idArg = next;
      } else if (call.is(idArg, "NOMKSTREAM")) {
        onlyIfThere = true;
        idArg++;
      } else {
        break;
      }
    }
    Open open = idArg < call.count() ? parseNewId(call, idArg) : Open.NOTHING;
    trim.check(call);
    if (idempotent.isAsked() && open != Open.ALL && idArg < call.count()) {
      throw IdempotentAdd.CHOSEN_ID;
    }
    int words = call.count() - idArg - 1;
    if (words < 2 || words % 2 == 1) {
      throw Errors.wrongArity(call.command());
    }
    if (open == Open.NOTHING && id.isFirst()) {
      throw ZERO_ID;
    }
    add(call, open, idArg, words, onlyIfThere);
  }

  private Open parseNewId(Call call, int arg) {
    if (StreamIds.is(call, arg, '*')) {
      return Open.ALL;
    }
    if (id.parseOpen(call.argAddress(arg), call.argLength(arg))) {
      return Open.SEQUENCE;
    }
    StreamIds.parse(call, arg, id);
    return Open.NOTHING;
  }

  private void add(Call call, Open open, int idArg, int words, boolean onlyIfThere) {
    long entry = call.findForWrite(1, Type.STREAM);
    if (entry == Entry.NONE && onlyIfThere) {
      call.reply().nil();
      return;
    }
    if (idempotent.isAsked()) {
      idempotent.chooseId(call, idArg + 1, words);
      if (entry != Entry.NONE && idempotent.isDuplicate(call, entry)) {
        return;
      }
    }
    if (entry == Entry.NONE) {
      other.setFirst();
    } else {
      other.load(StreamRoot.lastId(Streams.root(entry)));
    }
    chooseId(call, open);
    if (Streams.isTooLarge(call.request(), idArg + 1, words)) {
      throw TOO_LARGE;
    }
    Streams streams = call.values().streams();
    long root =
        entry == Entry.NONE
            ? streams.create(call.database(), call.argAddress(1), call.argLength(1))
            : Streams.change(call.database(), entry);
    if (idempotent.isAsked()) {
      idempotent.record(call, root, id);
    }
    try {
      streams.append(root, id, call.request(), idArg + 1, words);
    } catch (OutOfMemoryError full) {
      idempotent.forget(call, root);
      throw full;
    }
    id.reply(call.reply());
    call.recordChange(1, KeyEvent.XADD, 1);
    if (!trim.isNone() && trim.trim(call, root) > 0) {
      call.notifyEvent(1, KeyEvent.XTRIM);
    }
    if (open != Open.NOTHING || trim.isRewritten()) {
      trim.propagate(call, root, idArg, open != Open.NOTHING, id);
    }
    if (idempotent.isAsked()) {
      idempotent.propagateAdded(call, root);
    }
  }

  /** Completes the id of the new entry, which must exceed the last id of the stream. */
  private void chooseId(Call call, Open open) {
    if (other.isLast()) {
      throw EXHAUSTED;
    }
    if (open == Open.ALL) {
      if (Long.compareUnsigned(call.now(), other.millis()) > 0) {
        id.set(call.now(), 0);
      } else {
        id.set(other);
        id.increment();
      }
    } else if (open == Open.SEQUENCE && id.millis() == other.millis()) {
      if (other.sequence() == -1) {
        throw SMALL_ID;
      }
      id.set(id.millis(), other.sequence() + 1);
    }
    if (id.compare(other) <= 0) {
      throw SMALL_ID;
    }
  }

  // Deleting.

  private void xdel(Call call) {
    long entry = call.findForWrite(1, Type.STREAM);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    for (int i = 2; i < call.count(); i++) {
      StreamIds.parse(call, i, id);
    }
    Streams streams = call.values().streams();
    long root = Streams.change(call.database(), entry);
    long deleted = 0;
    for (int i = 2; i < call.count(); i++) {
      StreamIds.parse(call, i, id);
      deleted += streams.delete(root, id) ? 1 : 0;
    }
    if (deleted > 0) {
      streams.onDeleted(root);
      call.recordChange(1, KeyEvent.XDEL, deleted);
    }
    call.reply().integer(deleted);
  }

  private void xtrim(Call call) {
    trim.begin();
    for (int i = 2; i < call.count(); ) {
      i = trim.parse(call, i);
      if (i == 0) {
        throw Errors.SYNTAX;
      }
    }
    trim.check(call);
    if (trim.isNone()) {
      throw NO_STRATEGY;
    }
    long entry = call.findForWrite(1, Type.STREAM);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    long root = Streams.change(call.database(), entry);
    long deleted = trim.trim(call, root);
    if (deleted > 0) {
      call.recordChange(1, KeyEvent.XTRIM, deleted);
      if (trim.isRewritten()) {
        trim.propagate(call, root, 0, false, id);
      }
    }
    call.reply().integer(deleted);
  }

  // Reading.

  private static void xlen(Call call) {
    long entry = call.read(1, Type.STREAM);
    call.reply().integer(entry == Entry.NONE ? 0 : StreamRoot.length(Streams.root(entry)));
  }

  private void range(Call call, int startArg, int endArg, boolean reverse) {
    StreamIds.parseStart(call, startArg, id);
    StreamIds.parseEnd(call, endArg, other);
    long most = Long.MAX_VALUE;
    for (int i = 4; i < call.count(); i += 2) {
      if (i + 1 == call.count() || !call.is(i, "COUNT")) {
        throw Errors.SYNTAX;
      }
      most = Math.max(call.argLong(i + 1), 0);
    }
    ReplyWriter reply = call.reply();
    long entry = call.read(1, Type.STREAM);
    if (entry == Entry.NONE) {
      reply.array(0);
    } else if (most == 0) {
      reply.nilArray();
    } else {
      StreamEntries entries = call.values().streams().entries();
      entries.start(Streams.root(entry), id, other, reverse);
      reply(reply, entries, most);
    }
  }

  /** Replies with entries, each an array of id and fields; returns their number. */
  static int reply(ReplyWriter reply, StreamEntries entries, long most) {
    long mark = reply.deferArray();
    int count = 0;
    while (count < most && entries.next()) {
      reply(reply, entries);
      count++;
    }
    reply.resolve(mark, count);
    return count;
  }

  /** Replies with one entry, an array of id and fields. */
  static void reply(ReplyWriter reply, StreamEntries entries) {
    reply.array(2);
    entries.id().reply(reply);
    entries.writeFields(reply);
  }

  // Last id and counters.

  private void xsetid(Call call) {
    StreamIds.parse(call, 2, id);
    other.setFirst();
    long added = -1;
    for (int i = 3; i < call.count(); i += 2) {
      if (i + 1 == call.count()) {
        throw Errors.SYNTAX;
      } else if (call.is(i, "ENTRIESADDED")) {
        added = call.argLong(i + 1);
        if (added < 0) {
          throw NEGATIVE_ADDED;
        }
      } else if (call.is(i, "MAXDELETEDID")) {
        StreamIds.parse(call, i + 1, other);
        if (id.compare(other) < 0 && !call.isTold()) {
          throw BELOW_GIVEN_DELETED;
        }
      } else {
        throw Errors.SYNTAX;
      }
    }
    long entry = call.findForWrite(1, Type.STREAM);
    if (entry == Entry.NONE) {
      throw Errors.NO_SUCH_KEY;
    }
    long root = Streams.change(call.database(), entry);
    checkPast(call, root, added);
    StreamRoot.setLastId(root, id);
    if (added >= 0) {
      StreamRoot.setEntriesAdded(root, added);
    }
    if (!other.isFirst()) {
      StreamRoot.setMaxDeletedId(root, other);
    }
    StreamRoot.limitMaxDeletedId(root);
    call.recordChange(1, KeyEvent.XSETID, 1);
    call.reply().ok();
  }

  private void checkPast(Call call, long root, long added) {
    if (id.compareAt(StreamRoot.maxDeletedId(root)) < 0 && !call.isTold()) {
      throw BELOW_DELETED; // not so in 7.0
    }
    if (StreamRoot.length(root) == 0) {
      return;
    }
    StreamId top = new StreamId();
    call.values().streams().lastEntry(root, top);
    if (id.compare(top) < 0) {
      throw BELOW_TOP;
    }
    if (added >= 0 && StreamRoot.length(root) > added) {
      throw BELOW_LENGTH;
    }
  }
}
