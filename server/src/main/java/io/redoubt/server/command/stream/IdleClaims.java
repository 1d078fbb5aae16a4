package io.redoubt.server.command.stream;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.stream.DeliveryOrder;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.StreamEntries;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;

/**
 * The claims of XREADGROUP with CLAIM: the entries of a group that were released or have been
 * pending for long enough, the released ones first, the others in the order of their delivery. The
 * claims are found first and replied to afterwards, because each of them changes the order. One
 * instance serves all commands.
 */
final class IdleClaims {
  /** The pause after which a group without pending entries is looked at again, at least. */
  private static final long LEAST_PAUSE_MILLIS = 100;

  private final StreamId id = new StreamId();
  private long minIdle;

  void begin(long minIdleMillis) {
    minIdle = minIdleMillis;
  }

  private static ByteStrings found(Call call) {
    return call.values().streams().temporary();
  }

  /**
   * Finds up to {@code most} entries to claim; returns true if there are some. Entries deleted from
   * the stream are no longer pending afterwards.
   */
  boolean find(Call call, long root, long group, int keyArg, int groupArg, long most) {
    Streams streams = call.values().streams();
    StreamGroups groups = streams.groups();
    ByteStrings found = found(call);
    ByteStrings gone = streams.moreTemporary();
    found.clear();
    gone.clear();
    DeliveryOrder order = groups.byDelivery(group);
    long element = order.first();
    while (element != 0 && found.count() < most && isClaimed(call, groups, group, element)) {
      id.load(DeliveryOrder.entryId(element));
      boolean exists = streams.contains(root, id);
      id.store((exists ? found : gone).add(StreamId.BYTES));
      element = order.next();
    }
    for (int i = 0; i < gone.count(); i++) {
      id.load(gone.address(i));
      long pending = groups.pending(group).find(id.millis(), id.sequence());
      StreamEffects.claim(call, keyArg, groupArg, group, pending);
      boolean unused = groups.acknowledge(group, id);
      call.recordFullChange(1);
    }
    gone.clear();
    return found.count() > 0;
  }

  private boolean isClaimed(Call call, StreamGroups groups, long group, long element) {
    long delivered = DeliveryOrder.delivered(element);
    if (call.now() - delivered >= minIdle) {
      return true;
    }
    if (delivered < 0 || delivered >= PendingEntry.LEAST_TIME) {
      return false;
    }
    long entry = DeliveryOrder.entryId(element);
    id.load(entry);
    return PendingEntry.isReleased(groups.pending(group).find(id.millis(), id.sequence()));
  }

  /** Delivers the entries found to a consumer, and replies with them; returns their number. */
  int claim(Call call, long root, long group, long consumer, int keyArg, int groupArg) {
    Streams streams = call.values().streams();
    StreamGroups groups = streams.groups();
    ByteStrings found = found(call);
    int count = found.count();
    for (int i = 0; i < count; i++) {
      id.load(found.address(i));
      long pending = groups.pending(group).find(id.millis(), id.sequence());
      boolean wasReleased = PendingEntry.isReleased(pending);
      long idle = Math.max(call.now() - PendingEntry.delivered(pending), 0);
      long deliveries = PendingEntry.deliveries(pending);
      boolean unused = streams.contains(root, id);
      reply(call.reply(), streams, wasReleased ? StreamGroupCommands.RELEASED : idle, deliveries);
      long next = StreamRoot.next(deliveries);
      groups.deliver(group, consumer, id, call.now(), next);
      StreamGroups.setActive(consumer, call.now());
      StreamEffects.claim(
          call, keyArg, groupArg, group, consumer, id.millis(), id.sequence(), call.now(), next);
    }
    found.clear();
    return count;
  }

  /** Replies with an entry, the time since its last delivery, and the number of its deliveries. */
  static void reply(ReplyWriter reply, Streams streams, long idle, long deliveries) {
    StreamEntries entries = streams.entries();
    reply.array(4);
    entries.id().reply(reply);
    entries.writeFields(reply);
    reply.integer(idle);
    reply.integer(deliveries);
  }

  /**
   * Returns the time in milliseconds after which a group may have an entry to claim, if it has none
   * now.
   */
  long dueInMillis(Call call, long group) {
    long first = call.values().streams().groups().byDelivery(group).first();
    if (first == 0) {
      return Math.max(minIdle, LEAST_PAUSE_MILLIS);
    }
    // An entry delivered to another consumer from now on is due no earlier than minIdle from now.
    long since = Math.min(DeliveryOrder.delivered(first), call.now());
    long due = since + minIdle;
    return due < since ? Long.MAX_VALUE : due - call.now();
  }
}
