package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
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
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.ReleasedEntries;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/** XCLAIM and XAUTOCLAIM: transfer pending entries to another consumer. */
public final class StreamClaimCommands extends CommandGroup<Call> {
  private static final CommandError COUNT_RANGE = new CommandError("ERR COUNT must be > 0");

  private static final long DEFAULT_COUNT = 100;

  /** The number of entries that XAUTOCLAIM examines for each that it may claim. */
  private static final long ATTEMPTS = 10;

  /** The largest array of ids that Redis can allocate. */
  private static final long MAX_COUNT = Long.MAX_VALUE / StreamId.BYTES;

  final Command<Call> xautoclaim =
      command(
              "XAUTOCLAIM key group consumer min-idle-time start{string} [COUNT count]"
                  + " [JUSTID]")
          .does(
              "Transfers entries that have been pending too long to a consumer, as if delivered to"
                  + " it.")
          .since("6.2.0")
          .costs("O(1) if count is small")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .tips("nondeterministic_output")
          .history(
              "7.0.0",
              "Added an element to the reply array, containing deleted entries the command"
                  + " cleared from the PEL")
          .runs(this::xautoclaim);

  final Command<Call> xclaim =
      command(
              "XCLAIM key group consumer min-idle-time id... [IDLE ms]"
                  + " [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID]"
                  + " [LASTID lastid]")
          .does("Transfers pending entries to a consumer, as if they were delivered to it.")
          .since("5.0.0")
          .costs("O(log N) per entry, N the number of pending entries")
          .is(WRITE, FAST)
          .keys(RW, UPDATE)
          .tips("nondeterministic_output")
          .runs(this::xclaim);

  // Arguments of the command.
  private long minIdle;
  private boolean justIds;
  private boolean force;
  private long retryCount;
  private long delivered;
  private boolean hasDelivered;

  /**
   * True if the consumer is new. If no claim is propagated, its creation must be propagated
   * separately.
   */
  private boolean created;

  private final StreamId id = new StreamId();
  private final StreamId lastId = new StreamId();

  public StreamClaimCommands() {
    super(Group.STREAM);
  }

  private static long minIdle(Call call, String command) {
    try {
      return Math.max(call.argLong(4), 0);
    } catch (CommandError e) {
      throw new CommandError("ERR Invalid min-idle-time argument for " + command);
    }
  }

  private static long group(Call call, long entry) {
    long group =
        entry == Entry.NONE
            ? 0
            : call.values()
                .streams()
                .groups()
                .find(Streams.root(entry), call.argAddress(2), call.argLength(2));
    if (group == 0) {
      throw StreamGroupCommands.noPending(call);
    }
    return group;
  }

  /** Returns the consumer, creating it if needed, and updates its seen time. */
  private long consumer(Call call, long group) {
    StreamGroups groups = call.values().streams().groups();
    long consumer = groups.findConsumer(group, call.argAddress(3), call.argLength(3));
    if (releases(call)) {
      created = false;
      return consumer != 0
          ? consumer
          : groups.createConsumer(
              group, call.argAddress(3), call.argLength(3), ReleasedEntries.HIDDEN);
    }
    created = consumer == 0;
    if (created) {
      consumer = groups.createConsumer(group, call.argAddress(3), call.argLength(3), call.now());
      call.recordFullChange(1);
      call.notifyEvent(1, KeyEvent.XGROUP_CREATECONSUMER);
    }
    StreamGroups.setSeen(consumer, call.now());
    return consumer;
  }

  /** Returns true for an XCLAIM that stands for a released entry; only our own effects do. */
  private boolean releases(Call call) {
    return hasDelivered && PendingEntry.isReleased(delivered, call.argLength(3));
  }

  // XCLAIM.

  private void xclaim(Call call) {
    long entry = call.findForWrite(1, Type.STREAM);
    long group = group(call, entry);
    minIdle = minIdle(call, "XCLAIM");
    int options = 5;
    while (options < call.count() && StreamIds.isId(call, options, id)) {
      options++;
    }
    parseOptions(call, options);
    call.propagateNothing(); // the effects are propagated
    long root = Streams.change(call.database(), entry);
    boolean movesOn = lastId.compareAt(StreamGroups.lastId(group)) > 0;
    boolean claimsLast = movesOn && claimsLast(call, options);
    boolean isDelivery = claimsLast && options == 6 && call.isTold();
    if (isDelivery) {
      StreamProgress.read(root, group, lastId);
    } else if (movesOn) {
      StreamGroups.setLastId(group, lastId);
      if (claimsLast) {
        StreamEffects.lastId(call, 1, 2, group); // the claim alone would count as a delivery
      }
    }
    long consumer = consumer(call, group);
    ReplyWriter reply = call.reply();
    long mark = reply.deferArray();
    int claimed = 0;
    boolean told = false;
    for (int i = 5; i < options; i++) {
      StreamIds.parse(call, i, id);
      Outcome outcome = claim(call, root, group, consumer);
      told |= outcome != Outcome.NOTHING;
      claimed += outcome == Outcome.CLAIMED ? 1 : 0;
    }
    reply.resolve(mark, claimed);
    propagateConsumer(call, claimed);
    if (movesOn && !told) {
      if (!claimsLast || isDelivery) {
        StreamEffects.lastId(call, 1, 2, group);
      }
      call.recordFullChange(1);
    }
  }

  /**
   * Returns true if the group's new last id is among the ids to claim. From a master or a file,
   * such a claim of a single id stands for a delivery by XREADGROUP, which also counts an entry
   * read.
   */
  private boolean claimsLast(Call call, int end) {
    for (int i = 5; i < end; i++) {
      StreamIds.parse(call, i, id);
      if (id.compare(lastId) == 0) {
        return true;
      }
    }
    return false;
  }

  private void parseOptions(Call call, int first) {
    justIds = false;
    force = false;
    retryCount = -1;
    hasDelivered = false;
    lastId.setFirst();
    for (int i = first; i < call.count(); i++) {
      boolean more = i + 1 < call.count();
      if (call.is(i, "FORCE")) {
        force = true;
      } else if (call.is(i, "JUSTID")) {
        justIds = true;
      } else if (more && call.is(i, "IDLE")) {
        delivered = call.now() - number(call, ++i, "IDLE");
        hasDelivered = true;
      } else if (more && call.is(i, "TIME")) {
        delivered = number(call, ++i, "TIME");
        hasDelivered = true;
      } else if (more && call.is(i, "RETRYCOUNT")) {
        retryCount = number(call, ++i, "RETRYCOUNT");
      } else if (more && call.is(i, "LASTID")) {
        StreamIds.parse(call, ++i, lastId);
      } else {
        throw new CommandError(
            "ERR Unrecognized XCLAIM option '" + Errors.excerpt(call.request(), i) + "'");
      }
    }
    // A time in the future, from a clock ahead of this one, is not an error.
    if (!hasDelivered || delivered < 0 || delivered > call.now()) {
      delivered = call.now();
    }
  }

  private static long number(Call call, int i, String option) {
    try {
      return call.argLong(i);
    } catch (CommandError e) {
      throw new CommandError("ERR Invalid " + option + " option argument for XCLAIM");
    }
  }

  private enum Outcome {
    NOTHING,
    CLAIMED,
    /** The entry was pending but deleted from the stream; it is not pending any more. */
    GONE
  }

  private Outcome claim(Call call, long root, long group, long consumer) {
    Streams streams = call.values().streams();
    StreamGroups groups = streams.groups();
    long element = groups.pending(group).find(id.millis(), id.sequence());
    if (!streams.contains(root, id)) {
      if (element == 0) {
        return Outcome.NOTHING;
      }
      drop(call, group, element);
      return Outcome.GONE;
    }
    if (element == 0 && !force) {
      return Outcome.NOTHING;
    }
    long deliveries = 1;
    if (element != 0) {
      if (minIdle > 0 && !isIdle(call, element)) {
        return Outcome.NOTHING;
      }
      deliveries = PendingEntry.deliveries(element);
    }
    if (retryCount >= 0) {
      deliveries = retryCount;
    } else if (!justIds) {
      deliveries = StreamRoot.next(deliveries);
    }
    take(call, group, consumer, delivered, deliveries);
    if (justIds) {
      id.reply(call.reply());
    } else {
      StreamCommands.reply(call.reply(), streams.entries());
    }
    return Outcome.CLAIMED;
  }

  private boolean isIdle(Call call, long element) {
    return call.now() - PendingEntry.delivered(element) >= minIdle
        || PendingEntry.isReleased(element);
  }

  /** Makes an entry pending for the consumer. */
  private void take(Call call, long group, long consumer, long time, long deliveries) {
    call.values().streams().groups().deliver(group, consumer, id, time, deliveries);
    if (!ReleasedEntries.isHidden(consumer)) {
      StreamGroups.setActive(consumer, call.now());
    }
    StreamEffects.claim(call, 1, 2, group, consumer, id.millis(), id.sequence(), time, deliveries);
    call.recordFullChange(1);
  }

  /**
   * Removes a deleted entry from the pending ones; the propagated claim does the same on replicas.
   */
  private void drop(Call call, long group, long element) {
    StreamEffects.claim(call, 1, 2, group, element);
    call.values().streams().groups().acknowledge(group, id);
    call.recordFullChange(1);
  }

  /** Propagates a new consumer that has claimed nothing. */
  private void propagateConsumer(Call call, int claimed) {
    if (created && claimed == 0) {
      StreamEffects.propagateConsumer(call, 1, 2, 3);
    }
  }

  // XAUTOCLAIM.

  private void xautoclaim(Call call) {
    minIdle = minIdle(call, "XAUTOCLAIM");
    StreamIds.parseStart(call, 5, id);
    long most = parseCount(call);
    long entry = call.findForWrite(1, Type.STREAM);
    long group = group(call, entry);
    call.propagateNothing(); // the effects are propagated
    long root = Streams.change(call.database(), entry);
    hasDelivered = false;
    long consumer = consumer(call, group);
    ByteStrings claimed = call.values().streams().temporary();
    ByteStrings gone = call.values().streams().moreTemporary();
    claimed.clear();
    gone.clear();
    claimFrom(call, root, group, consumer, most, claimed, gone);
    replyClaimed(call, root, claimed, gone);
    propagateConsumer(call, claimed.count());
    claimed.clear();
    gone.clear();
  }

  /** Claims pending entries from an id on; leaves the id to continue with. */
  private void claimFrom(
      Call call,
      long root,
      long group,
      long consumer,
      long most,
      ByteStrings claimed,
      ByteStrings gone) {
    Streams streams = call.values().streams();
    StreamGroups groups = streams.groups();
    IdTree pending = groups.pending(group);
    long attempts = most * ATTEMPTS;
    long left = most;
    long element = pending.ceiling(id.millis(), id.sequence());
    while (element != 0 && attempts > 0 && left > 0) {
      attempts--;
      id.set(IdTree.high(element), IdTree.low(element));
      if (!streams.contains(root, id)) {
        drop(call, group, element);
        id.store(gone.add(StreamId.BYTES));
        left--;
        element = pending.ceiling(id.millis(), id.sequence());
        continue;
      }
      if (minIdle == 0 || isIdle(call, element)) {
        long deliveries = PendingEntry.deliveries(element);
        deliveries = justIds ? deliveries : StreamRoot.next(deliveries);
        take(call, group, consumer, call.now(), deliveries);
        id.store(claimed.add(StreamId.BYTES));
        left--;
        pending.find(id.millis(), id.sequence());
      }
      element = pending.next();
    }
    if (element == 0) {
      id.setFirst();
    } else {
      id.set(IdTree.high(element), IdTree.low(element));
    }
  }

  private void replyClaimed(Call call, long root, ByteStrings claimed, ByteStrings gone) {
    ReplyWriter reply = call.reply();
    Streams streams = call.values().streams();
    reply.array(3);
    id.reply(reply);
    reply.array(claimed.count());
    for (int i = 0; i < claimed.count(); i++) {
      id.load(claimed.address(i));
      if (justIds) {
        id.reply(reply);
      } else {
        streams.contains(root, id);
        StreamCommands.reply(reply, streams.entries());
      }
    }
    reply.array(gone.count());
    for (int i = 0; i < gone.count(); i++) {
      StreamId.reply(reply, gone.address(i));
    }
  }

  private long parseCount(Call call) {
    justIds = false;
    long most = DEFAULT_COUNT;
    for (int i = 6; i < call.count(); i++) {
      if (i + 1 < call.count() && call.is(i, "COUNT")) {
        try {
          most = call.argLong(++i);
        } catch (CommandError e) {
          throw COUNT_RANGE;
        }
        if (most < 1 || most > MAX_COUNT) {
          throw COUNT_RANGE;
        }
      } else if (call.is(i, "JUSTID")) {
        justIds = true;
      } else {
        throw Errors.SYNTAX;
      }
    }
    return most;
  }
}
