package io.redoubt.server.command.stream;

import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.Idempotency;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.StreamEntries;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/** XINFO: the state of streams, consumer groups and consumers. */
public final class StreamInfoCommands extends CommandGroup<Call> {

  /** The number of entries that XINFO STREAM FULL shows without COUNT. */
  private static final long DEFAULT_COUNT = 10;

  final Command<Call> xinfo =
      container("XINFO")
          .does("A container for commands that inspect streams.")
          .since("5.0.0")
          .costs("Depends on subcommand.")
          .help("5.0.0")
          .holds();

  final Command<Call> consumers =
      command("XINFO CONSUMERS key group")
          .does("Lists the consumers of a consumer group.")
          .since("5.0.0")
          .costs("O(1)")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .history("7.2.0", "Added the `inactive` field.")
          .runs(StreamInfoCommands::consumers);

  final Command<Call> groups =
      command("XINFO GROUPS key")
          .does("Lists the consumer groups of a stream.")
          .since("5.0.0")
          .costs("O(1)")
          .is(READONLY)
          .keys(RO, ACCESS)
          .history("7.0.0", "Added the `entries-read` and `lag` fields")
          .runs(StreamInfoCommands::groups);

  final Command<Call> stream =
      command("XINFO STREAM key [FULL [COUNT count]]{full-block}")
          .does("Returns the state of a stream.")
          .since("5.0.0")
          .costs("O(1)")
          .is(READONLY)
          .keys(RO, ACCESS)
          .history("6.0.0", "Added the `FULL` modifier.")
          .history(
              "7.0.0",
              "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`,"
                  + " `entries-read` and `lag` fields")
          .history(
              "7.2.0", "Added the `active-time` field, and changed the meaning of `seen-time`.")
          .history("8.6.0", "Added the fields of idempotent ids.")
          .history("8.8.0", "Added the `nacked-count` field of groups.")
          .runs(this::stream);

  private final StreamId first = new StreamId();
  private final StreamId last = new StreamId();

  public StreamInfoCommands() {
    super(Group.STREAM);
  }

  private static long root(Call call) {
    long entry = call.read(2, Type.STREAM);
    if (entry == Entry.NONE) {
      throw Errors.NO_SUCH_KEY;
    }
    return Streams.root(entry);
  }

  private static StreamGroups groupsOf(Call call) {
    return call.values().streams().groups();
  }

  // XINFO CONSUMERS and GROUPS.

  private static void consumers(Call call) {
    long root = root(call);
    StreamGroups groups = groupsOf(call);
    long group = groups.find(root, call.argAddress(3), call.argLength(3));
    if (group == 0) {
      throw StreamGroupCommands.noGroup(call);
    }
    ReplyWriter reply = call.reply();
    int count = groups.consumers(group);
    int visible = groups.released().visibleConsumers(group);
    reply.array(visible);
    for (int i = count - visible; i < count; i++) {
      long consumer = groups.consumer(group, i);
      long active = StreamGroups.active(consumer);
      reply.map(4);
      reply.bulk("name");
      StreamGroupCommands.replyName(call, consumer);
      reply.bulk("pending");
      reply.integer(groups.pendingIds(consumer).size());
      reply.bulk("idle");
      reply.integer(Math.max(call.now() - StreamGroups.seen(consumer), 0));
      reply.bulk("inactive");
      reply.integer(
          active == StreamGroups.NEVER ? StreamGroups.NEVER : Math.max(call.now() - active, 0));
    }
  }

  private static void groups(Call call) {
    long root = root(call);
    StreamGroups groups = groupsOf(call);
    ReplyWriter reply = call.reply();
    int count = groups.count(root);
    reply.array(count);
    for (int i = 0; i < count; i++) {
      long group = groups.get(root, i);
      reply.map(6);
      replyName(call, group);
      reply.bulk("consumers");
      reply.integer(groups.released().visibleConsumers(group));
      reply.bulk("pending");
      reply.integer(groups.pending(group).size());
      replyProgress(reply, root, group);
    }
  }

  private static void replyName(Call call, long group) {
    call.reply().bulk("name");
    call.reply().bulk(call.memory(), StreamGroups.groupName(group), StreamGroups.nameLength(group));
  }

  private static void replyProgress(ReplyWriter reply, long root, long group) {
    reply.bulk("last-delivered-id");
    StreamId.reply(reply, StreamGroups.lastId(group));
    reply.bulk("entries-read");
    replyUnless(reply, StreamGroups.UNKNOWN_COUNT, StreamGroups.entriesRead(group));
    reply.bulk("lag");
    replyUnless(reply, StreamProgress.UNKNOWN_LAG, StreamProgress.lag(root, group));
  }

  private static void replyUnless(ReplyWriter reply, long unknown, long count) {
    if (count == unknown) {
      reply.nil();
    } else {
      reply.integer(count);
    }
  }

  // XINFO STREAM.

  private void stream(Call call) {
    int words = call.count();
    if (words == 3) {
      long root = root(call);
      replyShort(call, root);
      return;
    }
    if (!call.is(3, "FULL") || !(words == 4 || (words == 6 && call.is(4, "COUNT")))) {
      throw Errors.wrongArguments(call.request());
    }
    long count = words == 6 ? call.argLong(5) : DEFAULT_COUNT;
    count = count < 0 ? DEFAULT_COUNT : count;
    replyFull(call, root(call), count == 0 ? Long.MAX_VALUE : count);
  }

  private void replyState(Call call, long root) {
    ReplyWriter reply = call.reply();
    long nodes = call.values().streams().nodes(root).size();
    reply.bulk("length");
    reply.integer(StreamRoot.length(root));
    reply.bulk("radix-tree-keys");
    reply.integer(nodes);
    reply.bulk("radix-tree-nodes");
    reply.integer(nodes + 1); // Redis counts the root of its radix tree as well
    reply.bulk("last-generated-id");
    StreamId.reply(reply, StreamRoot.lastId(root));
    reply.bulk("max-deleted-entry-id");
    StreamId.reply(reply, StreamRoot.maxDeletedId(root));
    reply.bulk("entries-added");
    reply.integer(StreamRoot.entriesAdded(root));
    reply.bulk("recorded-first-entry-id");
    StreamId.reply(reply, StreamRoot.firstId(root));
    long table = Idempotency.table(root);
    if (table != 0) {
      replyIdempotency(reply, table);
    }
  }

  private static final int IDEMPOTENCY_FIELDS = 6;

  private static int idempotencyFields(long root) {
    return Idempotency.table(root) == 0 ? 0 : IDEMPOTENCY_FIELDS;
  }

  private static void replyIdempotency(ReplyWriter reply, long table) {
    reply.bulk("idmp-duration");
    reply.integer(Idempotency.durationSeconds(table));
    reply.bulk("idmp-maxsize");
    reply.integer(Idempotency.maxsize(table));
    reply.bulk("pids-tracked");
    reply.integer(Idempotency.producers(table));
    reply.bulk("iids-tracked");
    reply.integer(Idempotency.ids(table));
    reply.bulk("iids-added");
    reply.integer(Idempotency.added(table));
    reply.bulk("iids-duplicates");
    reply.integer(Idempotency.duplicates(table));
  }

  private void replyShort(Call call, long root) {
    ReplyWriter reply = call.reply();
    reply.map(10 + idempotencyFields(root));
    replyState(call, root);
    reply.bulk("groups");
    reply.integer(groupsOf(call).count(root));
    reply.bulk("first-entry");
    replyEdge(call, root, false);
    reply.bulk("last-entry");
    replyEdge(call, root, true);
  }

  private void replyEdge(Call call, long root, boolean reverse) {
    first.setFirst();
    last.setLast();
    StreamEntries entries = call.values().streams().entries();
    entries.start(root, first, last, reverse);
    if (entries.next()) {
      StreamCommands.reply(call.reply(), entries);
    } else {
      call.reply().nil();
    }
  }

  private void replyFull(Call call, long root, long most) {
    ReplyWriter reply = call.reply();
    reply.map(9 + idempotencyFields(root));
    replyState(call, root);
    reply.bulk("entries");
    first.setFirst();
    last.setLast();
    StreamEntries entries = call.values().streams().entries();
    entries.start(root, first, last, false);
    StreamCommands.reply(reply, entries, most);
    reply.bulk("groups");
    StreamGroups groups = groupsOf(call);
    int count = groups.count(root);
    reply.array(count);
    for (int i = 0; i < count; i++) {
      replyGroup(call, root, groups.get(root, i), most);
    }
  }

  private static void replyGroup(Call call, long root, long group, long most) {
    ReplyWriter reply = call.reply();
    StreamGroups groups = groupsOf(call);
    reply.map(8);
    replyName(call, group);
    replyProgress(reply, root, group);
    IdTree pending = groups.pending(group);
    reply.bulk("pel-count");
    reply.integer(pending.size());
    reply.bulk("pending");
    reply.array((int) Math.min(most, pending.size()));
    long element = pending.first();
    for (long i = 0; i < most && element != 0; i++) {
      reply.array(4);
      StreamId.reply(reply, element);
      StreamGroupCommands.replyName(call, PendingEntry.owner(element));
      reply.integer(PendingEntry.isReleased(element) ? 0 : PendingEntry.delivered(element));
      reply.integer(PendingEntry.deliveries(element));
      element = pending.next();
    }
    reply.bulk("consumers");
    int count = groups.consumers(group);
    int visible = groups.released().visibleConsumers(group);
    reply.array(visible);
    for (int i = count - visible; i < count; i++) {
      replyConsumer(call, group, groups.consumer(group, i), most);
    }
    reply.bulk("nacked-count");
    reply.integer(groups.released().count(group));
  }

  private static void replyConsumer(Call call, long group, long consumer, long most) {
    ReplyWriter reply = call.reply();
    StreamGroups groups = groupsOf(call);
    reply.map(5);
    reply.bulk("name");
    StreamGroupCommands.replyName(call, consumer);
    reply.bulk("seen-time");
    reply.integer(StreamGroups.seen(consumer));
    reply.bulk("active-time");
    reply.integer(StreamGroups.active(consumer));
    IdTree ids = groups.pendingIds(consumer);
    IdTree pending = groups.pending(group);
    reply.bulk("pel-count");
    reply.integer(ids.size());
    reply.bulk("pending");
    reply.array((int) Math.min(most, ids.size()));
    long own = ids.first();
    for (long i = 0; i < most && own != 0; i++) {
      long element = pending.find(IdTree.high(own), IdTree.low(own));
      reply.array(3);
      StreamId.reply(reply, own);
      reply.integer(PendingEntry.delivered(element));
      reply.integer(PendingEntry.deliveries(element));
      own = ids.next();
    }
  }
}
