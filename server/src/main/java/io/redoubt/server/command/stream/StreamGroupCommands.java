package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
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
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.ReleasedEntries;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/** XGROUP, XACK and XPENDING. */
public final class StreamGroupCommands extends CommandGroup<Call> {
  private static final CommandError NO_KEY =
      new CommandError(
          "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want"
              + " to use the MKSTREAM option to create an empty stream automatically.");
  private static final CommandError BUSY_GROUP =
      new CommandError("BUSYGROUP Consumer Group name already exists");
  private static final CommandError NEGATIVE_READ =
      new CommandError("ERR value for ENTRIESREAD must be positive or -1");

  final Command<Call> xack =
      command("XACK key group id...")
          .does(
              "Acknowledges entries, which removes them from the pending entries of a consumer"
                  + " group.")
          .since("5.0.0")
          .costs("O(log(N)) per entry, N the number of pending entries")
          .is(WRITE, FAST)
          .keys(RW, UPDATE)
          .runs(this::xack);

  final Command<Call> xgroup =
      container("XGROUP")
          .does("A container for commands on consumer groups.")
          .since("5.0.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  final Command<Call> create =
      command(
              "XGROUP CREATE key group (id | ${new-id}){id-selector} [MKSTREAM]"
                  + " [ENTRIESREAD entries-read]")
          .does("Creates a consumer group.")
          .since("5.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM)
          .keys(RW, INSERT)
          .history("7.0.0", "Added the `entries_read` named argument.")
          .runs(this::create);

  final Command<Call> createConsumer =
      command("XGROUP CREATECONSUMER key group consumer")
          .does("Creates a consumer in a consumer group.")
          .since("6.2.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM)
          .keys(RW, INSERT)
          .runs(StreamGroupCommands::createConsumer);

  final Command<Call> deleteConsumer =
      command("XGROUP DELCONSUMER key group consumer")
          .does("Deletes a consumer from a consumer group along with its pending entries.")
          .since("5.0.0")
          .costs("O(N), N the number of entries pending for it")
          .is(WRITE)
          .keys(RW, DELETE)
          .runs(StreamGroupCommands::deleteConsumer);

  final Command<Call> destroy =
      command("XGROUP DESTROY key group")
          .does("Destroys a consumer group.")
          .since("5.0.0")
          .costs("O(N), N the number of entries pending in it")
          .is(WRITE)
          .keys(RW, DELETE)
          .runs(StreamGroupCommands::destroy);

  final Command<Call> setId =
      command(
              "XGROUP SETID key group (id | ${new-id}){id-selector}"
                  + " [ENTRIESREAD entries-read{entriesread}]")
          .does("Sets the last delivered id of a consumer group.")
          .since("5.0.0")
          .costs("O(1)")
          .is(WRITE)
          .keys(RW, UPDATE)
          .history("7.0.0", "Added the optional `entries_read` argument.")
          .runs(this::setId);

  final Command<Call> xpending =
      command(
              "XPENDING key group [[IDLE min-idle-time{since 6.2.0, integer}]"
                  + " start{string} end{string} count [consumer]]{filters}")
          .does("Returns the pending entries of a consumer group, as a summary or a list.")
          .since("5.0.0")
          .costs("O(N), N the number of entries looked at")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .history("6.2.0", "Added the `IDLE` option and exclusive range intervals.")
          .runs(this::xpending);

  /** Stands for the idle time of a released entry. */
  static final long RELEASED = -1;

  private final StreamId id = new StreamId();
  private final StreamId end = new StreamId();
  private boolean makesStream;
  private long entriesRead;

  public StreamGroupCommands() {
    super(Group.STREAM);
  }

  // XGROUP. Argument 2 is the key, 3 the group.

  private static StreamGroups groups(Call call) {
    return call.values().streams().groups();
  }

  /** Returns the stream for writing; throws if the key does not exist. */
  private static long root(Call call) {
    long entry = call.findForWrite(2, Type.STREAM);
    if (entry == Entry.NONE) {
      throw NO_KEY;
    }
    return Streams.change(call.database(), entry);
  }

  /** Returns the group; throws if there is none. */
  private static long group(Call call, long root) {
    long group = groups(call).find(root, call.argAddress(3), call.argLength(3));
    if (group == 0) {
      throw noGroup(call);
    }
    return group;
  }

  /** Returns the error of XGROUP and XINFO for a missing group. */
  static CommandError noGroup(Call call) {
    return new CommandError(
        "NOGROUP No such consumer group '"
            + Errors.excerpt(call.request(), 3)
            + "' for key name '"
            + Errors.excerpt(call.request(), 2)
            + "'");
  }

  private void parseOptions(Call call, boolean creates) {
    makesStream = false;
    entriesRead = StreamGroups.UNKNOWN_COUNT;
    for (int i = 5; i < call.count(); i++) {
      if (creates && call.is(i, "MKSTREAM")) {
        makesStream = true;
      } else if (i + 1 < call.count() && call.is(i, "ENTRIESREAD")) {
        entriesRead = call.argLong(++i);
        if (entriesRead < 0 && entriesRead != StreamGroups.UNKNOWN_COUNT) {
          throw NEGATIVE_READ;
        }
      } else {
        throw Errors.wrongArguments(call.request());
      }
    }
  }

  /** Parses argument 4, where {@code $} is the last id of the stream, or 0-0 without a stream. */
  private void parseLastId(Call call, long entry) {
    if (!StreamIds.is(call, 4, '$')) {
      StreamIds.parse(call, 4, id);
    } else if (entry == Entry.NONE) {
      id.setFirst();
    } else {
      id.load(StreamRoot.lastId(Streams.root(entry)));
    }
  }

  private void create(Call call) {
    parseOptions(call, true);
    long entry = call.findForWrite(2, Type.STREAM);
    if (entry == Entry.NONE && !makesStream) {
      throw NO_KEY;
    }
    parseLastId(call, entry);
    long root =
        entry == Entry.NONE
            ? call.values().streams().create(call.database(), call.argAddress(2), call.argLength(2))
            : Streams.change(call.database(), entry);
    long name = call.argAddress(3);
    int length = call.argLength(3);
    if (groups(call).find(root, name, length) != 0) {
      throw BUSY_GROUP;
    }
    groups(call).create(root, name, length, id, entriesRead);
    call.recordChange(2, KeyEvent.XGROUP_CREATE, 1);
    call.reply().ok();
  }

  private void setId(Call call) {
    parseOptions(call, false);
    long root = root(call);
    long group = group(call, root);
    if (StreamIds.is(call, 4, '-')) {
      id.setFirst();
    } else if (StreamIds.is(call, 4, '+')) {
      id.setLast();
    } else {
      parseLastId(call, call.findAgain(2));
    }
    StreamGroups.setLastId(group, id);
    StreamGroups.setEntriesRead(group, entriesRead);
    call.recordChange(2, KeyEvent.XGROUP_SETID, 1);
    call.reply().ok();
  }

  private static void destroy(Call call) {
    long root = root(call);
    long group = groups(call).find(root, call.argAddress(3), call.argLength(3));
    if (group == 0) {
      call.reply().integer(0);
      return;
    }
    groups(call).destroy(root, group);
    call.recordChange(2, KeyEvent.XGROUP_DESTROY, 1);
    call.reply().integer(1);
  }

  private static void createConsumer(Call call) {
    long group = group(call, root(call));
    long name = call.argAddress(4);
    int length = call.argLength(4);
    long found = groups(call).findConsumer(group, name, length);
    if (found != 0 && !ReleasedEntries.isHidden(found)) {
      call.reply().integer(0);
      return;
    }
    if (found != 0) {
      StreamGroups.setSeen(found, call.now());
    } else {
      groups(call).createConsumer(group, name, length, call.now());
    }
    call.recordChange(2, KeyEvent.XGROUP_CREATECONSUMER, 1);
    call.reply().integer(1);
  }

  private static void deleteConsumer(Call call) {
    long group = group(call, root(call));
    long consumer = groups(call).findConsumer(group, call.argAddress(4), call.argLength(4));
    if (consumer == 0 || ReleasedEntries.isHidden(consumer)) {
      call.reply().integer(0);
      return;
    }
    long pending = groups(call).deleteConsumer(group, consumer);
    call.recordChange(2, KeyEvent.XGROUP_DELCONSUMER, 1);
    call.reply().integer(pending);
  }

  // XACK and XPENDING. Argument 1 is the key, 2 the group.

  /** Returns the error of XPENDING, XCLAIM and XAUTOCLAIM for a missing group. */
  static CommandError noPending(Call call) {
    return new CommandError(
        "NOGROUP No such key '"
            + Errors.excerpt(call.request(), 1)
            + "' or consumer group '"
            + Errors.excerpt(call.request(), 2)
            + "'");
  }

  private static long pendingGroup(Call call, long entry) {
    return entry == Entry.NONE
        ? 0
        : groups(call).find(Streams.root(entry), call.argAddress(2), call.argLength(2));
  }

  private void xack(Call call) {
    long entry = call.findForWrite(1, Type.STREAM);
    long group = pendingGroup(call, entry);
    if (group == 0) {
      call.reply().integer(0);
      return;
    }
    for (int i = 3; i < call.count(); i++) {
      StreamIds.parse(call, i, id);
    }
    call.database().beforeChange(entry);
    long acknowledged = 0;
    for (int i = 3; i < call.count(); i++) {
      StreamIds.parse(call, i, id);
      acknowledged += groups(call).acknowledge(group, id) ? 1 : 0;
    }
    if (acknowledged > 0) {
      call.recordFullChange(acknowledged);
    }
    call.reply().integer(acknowledged);
  }

  private void xpending(Call call) {
    int words = call.count();
    if (words != 3 && (words < 6 || words > 9)) {
      throw Errors.SYNTAX;
    }
    if (words == 3) {
      long entry = call.read(1, Type.STREAM);
      replySummary(call, pendingOrError(call, entry));
      return;
    }
    long minIdle = 0;
    int first = 3;
    if (call.is(3, "IDLE")) {
      minIdle = call.argLong(4);
      if (words < 8) {
        throw Errors.SYNTAX;
      }
      first = 5;
    }
    long most = Math.max(call.argLong(first + 2), 0);
    StreamIds.parseStart(call, first, id);
    StreamIds.parseEnd(call, first + 1, end);
    long group = pendingOrError(call, call.read(1, Type.STREAM));
    int nameArg = first + 3;
    if (nameArg >= words) {
      replyPending(call, group, most, minIdle);
      return;
    }
    long name = call.argAddress(nameArg);
    long consumer = groups(call).findConsumer(group, name, call.argLength(nameArg));
    if (consumer == 0) {
      call.reply().array(0);
    } else {
      replyPendingOf(call, group, consumer, most, minIdle);
    }
  }

  private static long pendingOrError(Call call, long entry) {
    long group = pendingGroup(call, entry);
    if (group == 0) {
      throw noPending(call);
    }
    return group;
  }

  private static void replySummary(Call call, long group) {
    ReplyWriter reply = call.reply();
    StreamGroups groups = groups(call);
    IdTree pending = groups.pending(group);
    reply.array(4);
    reply.integer(pending.size());
    if (pending.size() == 0) {
      reply.nil();
      reply.nil();
      reply.nilArray();
      return;
    }
    StreamId.reply(reply, pending.first());
    StreamId.reply(reply, pending.last());
    long mark = reply.deferArray();
    int count = 0;
    for (int i = 0; i < groups.consumers(group); i++) {
      long consumer = groups.consumer(group, i);
      long size = groups.pendingIds(consumer).size();
      if (size > 0 && !ReleasedEntries.isHidden(consumer)) {
        reply.array(2);
        replyName(call, consumer);
        reply.bulkLong(size);
        count++;
      }
    }
    reply.resolve(mark, count);
  }

  static void replyName(Call call, long consumer) {
    call.reply()
        .bulk(
            call.memory(), StreamGroups.consumerName(consumer), StreamGroups.nameLength(consumer));
  }

  private void replyPending(Call call, long group, long most, long minIdle) {
    IdTree pending = groups(call).pending(group);
    long mark = call.reply().deferArray();
    int count = 0;
    long element = pending.ceiling(id.millis(), id.sequence());
    while (element != 0 && count < most && end.compareAt(element) >= 0) {
      count += replyPending(call, element, minIdle);
      element = pending.next();
    }
    call.reply().resolve(mark, count);
  }

  private void replyPendingOf(Call call, long group, long consumer, long most, long minIdle) {
    IdTree ids = groups(call).pendingIds(consumer);
    IdTree pending = groups(call).pending(group);
    long mark = call.reply().deferArray();
    int count = 0;
    long own = ids.ceiling(id.millis(), id.sequence());
    while (own != 0 && count < most && end.compareAt(own) >= 0) {
      count += replyPending(call, pending.find(IdTree.high(own), IdTree.low(own)), minIdle);
      own = ids.next();
    }
    call.reply().resolve(mark, count);
  }

  /** Replies with a pending entry if it is idle for long enough; returns the number replied. */
  private static int replyPending(Call call, long element, long minIdle) {
    boolean isReleased = PendingEntry.isReleased(element);
    long idle = call.now() - PendingEntry.delivered(element);
    if (minIdle > 0 && idle < minIdle && !isReleased) {
      return 0;
    }
    ReplyWriter reply = call.reply();
    reply.array(4);
    StreamId.reply(reply, element);
    replyName(call, PendingEntry.owner(element));
    reply.integer(isReleased ? RELEASED : Math.max(idle, 0));
    reply.integer(PendingEntry.deliveries(element));
    return 1;
  }
}
