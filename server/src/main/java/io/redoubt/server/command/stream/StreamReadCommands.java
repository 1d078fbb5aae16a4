package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.BLOCKING;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.StreamEntries;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/** XREAD and XREADGROUP: return new entries, and may block until there are some. */
public final class StreamReadCommands extends CommandGroup<Call> {
  private static final CommandError NO_GROUP_HERE =
      new CommandError(
          "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
  private static final CommandError NO_NOACK_HERE =
      new CommandError(
          "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
  private static final CommandError NO_CLAIM_HERE =
      new CommandError(
          "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead.");
  private static final CommandError INVALID_IDLE =
      new CommandError("ERR Invalid min-idle-time argument for XREADGROUP");
  private static final CommandError MISSING_GROUP =
      new CommandError("ERR Missing GROUP option for XREADGROUP");
  private static final CommandError UNBALANCED =
      new CommandError(
          "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be"
              + " specified.");
  private static final CommandError UNBALANCED_GROUP =
      new CommandError(
          "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be"
              + " specified.");
  private static final CommandError NO_PLUS =
      new CommandError(
          "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history"
              + " of this consumer by specifying a proper ID, or use the > ID to get new messages."
              + " The + ID would just return an empty result set.");
  private static final CommandError NO_DOLLAR =
      new CommandError(
          "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history"
              + " of this consumer by specifying a proper ID, or use the > ID to get new messages."
              + " The $ ID would just return an empty result set.");
  private static final CommandError NO_NEWS_ID =
      new CommandError(
          "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group>"
              + " <consumer> option.");

  private static final long NO_TIMEOUT = -1;
  private static final long NO_CLAIM = -1;

  /** The longest pause after which a client that waits for claims looks again. */
  private static final long MOST_PAUSE_MILLIS = 3_600_000;

  final Command<Call> xread =
      command(
              "XREAD [COUNT count] [BLOCK milliseconds]"
                  + " (STREAMS key{key 0}... id...){streams}")
          .does("Returns the entries of streams after given ids, waiting for them if asked to.")
          .since("5.0.0")
          .costs("O(N) a stream, N the number of entries returned")
          .is(READONLY, BLOCKING)
          .keys(KeySpec.keyword("STREAMS", 1).range(-1, 1, 2).is(RO, ACCESS))
          .runs(call -> read(call, false));

  final Command<Call> xreadgroup =
      command(
              "XREADGROUP (GROUP group consumer){group-block} [COUNT count]"
                  + " [BLOCK milliseconds] [CLAIM min-idle-time{since 8.4.0}] [NOACK]"
                  + " (STREAMS key{key 0}... id...){streams}")
          .does(
              "Returns entries of streams that are new to a consumer group, or the pending"
                  + " ones of a consumer.")
          .since("5.0.0")
          .costs("O(N) a stream, N the number of entries returned")
          .is(WRITE, BLOCKING)
          .keys(KeySpec.keyword("STREAMS", 4).range(-1, 1, 2).is(RO, ACCESS))
          .history("8.4.0", "Added the `CLAIM` option.")
          .runs(call -> read(call, true));

  // Arguments of the command.
  private boolean withGroup;
  private boolean withoutAck;
  private long minIdle;
  private int groupArg;
  private long most;
  private long timeoutMillis;
  private int firstKey;
  private int keys;

  /** True if the stream being read has entries that are new to the group. */
  private boolean hasNews;

  private final IdleClaims claims = new IdleClaims();
  private final StreamId from = new StreamId();
  private final StreamId last = new StreamId();
  private final StreamId id = new StreamId();

  public StreamReadCommands() {
    super(Group.STREAM);
  }

  private void read(Call call, boolean group) {
    withGroup = group;
    parse(call);
    for (int i = 0; i < keys; i++) {
      check(call, firstKey + i);
    }
    if (withGroup) {
      // The effects are propagated, not the command.
      call.propagateNothing();
    }
    int served = serve(call);
    if (served > 0) {
      return;
    }
    if (timeoutMillis == NO_TIMEOUT || !call.mayWait()) {
      call.reply().nilArray();
    } else {
      await(call);
    }
  }

  private void parse(Call call) {
    withoutAck = false;
    minIdle = NO_CLAIM;
    groupArg = 0;
    most = 0;
    timeoutMillis = NO_TIMEOUT;
    firstKey = 0;
    int words = call.count();
    for (int i = 1; i < words && firstKey == 0; i++) {
      int more = words - i - 1;
      if (more > 0 && call.is(i, "BLOCK")) {
        if (call.client().isInScript()) {
          throw new CommandError(
              "ERR " + call.argText(0) + " command is not allowed with BLOCK option from scripts");
        }
        timeoutMillis = call.argWholeTimeoutMillis(++i);
      } else if (more > 0 && call.is(i, "COUNT")) {
        most = Math.max(call.argLong(++i), 0);
      } else if (more > 0 && call.is(i, "CLAIM")) {
        if (!withGroup) {
          throw NO_CLAIM_HERE;
        }
        minIdle = call.argAtLeast(0, ++i, INVALID_IDLE);
        claims.begin(minIdle);
      } else if (more > 0 && call.is(i, "STREAMS")) {
        if (more % 2 != 0) {
          throw withGroup ? UNBALANCED_GROUP : UNBALANCED;
        }
        firstKey = i + 1;
        keys = more / 2;
      } else if (more > 1 && call.is(i, "GROUP")) {
        if (!withGroup) {
          throw NO_GROUP_HERE;
        }
        groupArg = i + 1;
        i += 2;
      } else if (call.is(i, "NOACK")) {
        if (!withGroup) {
          throw NO_NOACK_HERE;
        }
        withoutAck = true;
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (firstKey == 0) {
      throw Errors.SYNTAX;
    }
    if (withGroup && groupArg == 0) {
      throw MISSING_GROUP;
    }
    most = most == 0 ? Long.MAX_VALUE : most;
  }

  private void check(Call call, int keyArg) {
    long entry = call.read(keyArg, Type.STREAM);
    if (withGroup && (entry == Entry.NONE || findGroup(call, Streams.root(entry)) == 0)) {
      throw new CommandError(
          "NOGROUP No such key '"
              + Errors.excerpt(call.request(), keyArg)
              + "' or consumer group '"
              + Errors.excerpt(call.request(), groupArg)
              + "' in XREADGROUP with GROUP option");
    }
    int idArg = keyArg + keys;
    if (StreamIds.is(call, idArg, '$')) {
      if (withGroup) {
        throw NO_DOLLAR;
      }
    } else if (StreamIds.is(call, idArg, '+')) {
      if (withGroup) {
        throw NO_PLUS;
      }
    } else if (StreamIds.is(call, idArg, '>')) {
      if (!withGroup) {
        throw NO_NEWS_ID;
      }
    } else {
      StreamIds.parse(call, idArg, id);
    }
  }

  private long findGroup(Call call, long root) {
    return call.values()
        .streams()
        .groups()
        .find(root, call.argAddress(groupArg), call.argLength(groupArg));
  }

  /** Replies with the entries of all streams; returns the number of streams that have some. */
  private int serve(Call call) {
    ReplyWriter reply = call.reply();
    long mark = 0;
    int served = 0;
    for (int keyArg = firstKey; keyArg < firstKey + keys; keyArg++) {
      long entry = call.findAgain(keyArg);
      if (entry == Entry.NONE
          || !(withGroup ? seeks(call, entry, keyArg) : has(call, entry, keyArg))) {
        continue;
      }
      if (served == 0) {
        mark = reply.resp() == 2 ? reply.deferArray() : reply.deferMap();
      }
      served++;
      if (reply.resp() == 2) {
        reply.array(2);
      }
      reply.bulk(call.memory(), call.argAddress(keyArg), call.argLength(keyArg));
      if (withGroup) {
        replyToConsumer(call, entry, keyArg);
      } else {
        replyAfter(call, entry);
      }
    }
    if (served > 0) {
      reply.resolve(mark, served);
    }
    return served;
  }

  // XREAD.

  /**
   * Returns true if a stream has entries after the given id, and sets {@code from} to the first
   * possible one. The id {@code +} of Redis 7.4 stands for the last entry, regardless of COUNT.
   */
  private boolean has(Call call, long entry, int keyArg) {
    int idArg = keyArg + keys;
    if (StreamIds.is(call, idArg, '$')) {
      return false;
    }
    long root = Streams.root(entry);
    if (StreamIds.is(call, idArg, '+')) {
      last.setLast();
      return call.values().streams().lastEntry(root, from);
    }
    StreamIds.parse(call, idArg, from);
    return from.increment() && hasFrom(call, root);
  }

  private boolean hasFrom(Call call, long root) {
    if (StreamRoot.length(root) == 0 || from.compareAt(StreamRoot.lastId(root)) > 0) {
      return false;
    }
    last.setLast();
    StreamEntries entries = call.values().streams().entries();
    entries.start(root, from, last, false);
    return entries.next();
  }

  private void replyAfter(Call call, long entry) {
    StreamEntries entries = call.values().streams().entries();
    entries.start(Streams.root(entry), from, last, false);
    StreamCommands.reply(call.reply(), entries, most);
  }

  // XREADGROUP.

  /**
   * Updates the consumer's seen time; returns true if it gets a reply. For new entries there must
   * be some.
   */
  private boolean seeks(Call call, long entry, int keyArg) {
    long root = Streams.change(call.database(), entry);
    long group = findGroup(call, root);
    StreamGroups groups = call.values().streams().groups();
    int nameArg = groupArg + 1;
    long name = call.argAddress(nameArg);
    long consumer = groups.findConsumer(group, name, call.argLength(nameArg));
    boolean created = consumer == 0;
    if (created) {
      groups.createConsumer(group, name, call.argLength(nameArg), call.now());
      call.recordFullChange(1);
      call.notifyEvent(keyArg, KeyEvent.XGROUP_CREATECONSUMER);
    } else {
      StreamGroups.setSeen(consumer, call.now());
    }
    boolean seeksNews = StreamIds.is(call, keyArg + keys, '>');
    from.load(StreamGroups.lastId(group));
    hasNews = seeksNews && from.increment() && hasFrom(call, root);
    boolean hasClaims =
        seeksNews && minIdle != NO_CLAIM && claims.find(call, root, group, keyArg, groupArg, most);
    if (created && !hasClaims && (withoutAck || !hasNews)) {
      StreamEffects.propagateConsumer(
          call, keyArg, groupArg, nameArg); // otherwise the claims do it
    }
    return hasNews || hasClaims || !seeksNews;
  }

  private void replyToConsumer(Call call, long entry, int keyArg) {
    long root = Streams.root(entry);
    long group = findGroup(call, root);
    StreamGroups groups = call.values().streams().groups();
    long consumer =
        groups.findConsumer(group, call.argAddress(groupArg + 1), call.argLength(groupArg + 1));
    if (StreamIds.is(call, keyArg + keys, '>')) {
      deliver(call, root, group, consumer, keyArg);
    } else {
      StreamIds.parse(call, keyArg + keys, from);
      replyHistory(call, root, group, consumer, keyArg);
    }
    call.recordFullChange(1);
  }

  private void deliver(Call call, long root, long group, long consumer, int keyArg) {
    ReplyWriter reply = call.reply();
    Streams streams = call.values().streams();
    StreamEntries entries = streams.entries();
    long mark = reply.deferArray();
    int claimed =
        minIdle == NO_CLAIM ? 0 : claims.claim(call, root, group, consumer, keyArg, groupArg);
    int count = 0;
    entries.start(root, from, last, false);
    while (hasNews && claimed + count < most && entries.next()) {
      StreamId entryId = entries.id();
      StreamProgress.read(root, group, entryId);
      if (minIdle == NO_CLAIM) {
        StreamCommands.reply(reply, entries);
      } else {
        IdleClaims.reply(reply, streams, 0, 0);
      }
      if (!withoutAck) {
        streams.groups().deliver(group, consumer, entryId, call.now(), 1);
        StreamGroups.setActive(consumer, call.now());
        StreamEffects.claim(
            call,
            keyArg,
            groupArg,
            group,
            consumer,
            entryId.millis(),
            entryId.sequence(),
            call.now(),
            1);
      }
      count++;
    }
    reply.resolve(mark, claimed + count);
    if (count > 0 && withoutAck) {
      StreamEffects.lastId(call, keyArg, groupArg, group); // otherwise the claims do it
    }
  }

  /** Replies with the consumer's pending entries after an id; nil for a deleted entry. */
  private void replyHistory(Call call, long root, long group, long consumer, int keyArg) {
    ReplyWriter reply = call.reply();
    Streams streams = call.values().streams();
    StreamGroups groups = streams.groups();
    long mark = reply.deferArray();
    int count = 0;
    long element = 0;
    if (from.increment()) {
      element = groups.pendingIds(consumer).ceiling(from.millis(), from.sequence());
    }
    while (element != 0 && count < most) {
      id.set(IdTree.high(element), IdTree.low(element));
      if (streams.contains(root, id)) {
        StreamCommands.reply(reply, streams.entries());
        long pending = groups.pending(group).find(id.millis(), id.sequence());
        groups.countDelivery(group, pending, call.now());
        StreamEffects.claim(call, keyArg, groupArg, group, pending);
      } else {
        reply.array(2);
        id.reply(reply);
        reply.nilArray();
      }
      count++;
      element = groups.pendingIds(consumer).next();
    }
    reply.resolve(mark, count);
  }

  // Waiting.

  private void await(Call call) {
    if (withGroup) {
      call.waitForKeysOrTheirLoss(Type.STREAM, firstKey, keys, timeoutMillis, true);
      if (minIdle != NO_CLAIM) {
        repeatWhenDue(call);
      }
      return;
    }
    long dollar = nameLastIds(call);
    call.waitForKeys(Type.STREAM, firstKey, keys, timeoutMillis, true);
    ByteStrings texts = call.values().streams().temporary();
    int next = 0;
    for (int idArg = firstKey + keys; next < texts.count(); idArg++) {
      if (call.argAddress(idArg) == texts.address(next)) {
        call.replaceArgument(idArg, dollar, 1); // monitors show the original request
        next++;
      }
    }
  }

  /** Schedules the next execution of the command for when a pending entry may be claimed. */
  private void repeatWhenDue(Call call) {
    long pause = MOST_PAUSE_MILLIS;
    for (int keyArg = firstKey; keyArg < firstKey + keys; keyArg++) {
      long entry = call.findAgain(keyArg);
      if (entry != Entry.NONE && StreamIds.is(call, keyArg + keys, '>')) {
        pause = Math.min(pause, claims.dueInMillis(call, findGroup(call, Streams.root(entry))));
      }
    }
    call.repeatWaitAfter(Math.max(pause, 1));
  }

  /**
   * Replaces {@code $} by the current last id, because the client may be served later.
   *
   * @return the address of a {@code $}, if any was replaced
   */
  private long nameLastIds(Call call) {
    ByteStrings texts = call.values().streams().temporary();
    texts.clear();
    for (int keyArg = firstKey; keyArg < firstKey + keys; keyArg++) {
      if (StreamIds.is(call, keyArg + keys, '$')) {
        long entry = call.findAgain(keyArg);
        id.setFirst();
        if (entry != Entry.NONE) {
          id.load(StreamRoot.lastId(Streams.root(entry)));
        }
        texts.add(id.textLength());
        id.write(texts.address(texts.count() - 1));
      }
    }
    int next = 0;
    long dollar = 0;
    for (int idArg = firstKey + keys; next < texts.count(); idArg++) {
      if (StreamIds.is(call, idArg, '$')) {
        dollar = call.argAddress(idArg);
        call.replaceArgument(idArg, texts.address(next), texts.length(next));
        next++;
      }
    }
    return dollar;
  }
}
