package io.redoubt.server.command.stream;

import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;
import java.nio.charset.StandardCharsets;

/**
 * Deletes entries of the stream of the first key together with references to them, and propagates
 * this as XDEL and XACK, which every version supports. One instance serves all commands.
 */
final class StreamDeletion {
  private static final byte[] XDEL = "XDEL".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] XACK = "XACK".getBytes(StandardCharsets.US_ASCII);

  private final StreamId id = new StreamId();
  private boolean clears;
  private int deleted;

  /** Starts the deletions of a command. */
  void begin(Call call) {
    ids(call).clear();
    acknowledgedIds(call).clear();
    clears = false;
    deleted = 0;
  }

  private static ByteStrings ids(Call call) {
    return call.values().streams().temporary();
  }

  private static ByteStrings acknowledgedIds(Call call) {
    return call.values().streams().moreTemporary();
  }

  /** Returns the number of entries deleted so far. */
  int deleted() {
    return deleted;
  }

  /** Deletes an entry according to the policy; returns false if it does not exist. */
  boolean delete(Call call, long root, ReferencePolicy policy, StreamId entryId) {
    Streams streams = call.values().streams();
    boolean existed = streams.delete(root, entryId);
    deleted += existed ? 1 : 0;
    boolean wasPending = policy == ReferencePolicy.DELREF && clear(streams, root, entryId);
    clears |= wasPending;
    if (existed || wasPending) {
      entryId.store(ids(call).add(StreamId.BYTES));
    }
    return existed;
  }

  private static boolean clear(Streams streams, long root, StreamId entryId) {
    StreamGroups groups = streams.groups();
    boolean wasPending = false;
    for (int i = 0; i < groups.count(root); i++) {
      wasPending |= groups.acknowledge(groups.get(root, i), entryId);
    }
    return wasPending;
  }

  /** Removes an entry from the pending ones of a group; returns false if it is not pending. */
  boolean acknowledge(Call call, long group, StreamId entryId) {
    boolean wasPending = call.values().streams().groups().acknowledge(group, entryId);
    if (wasPending) {
      entryId.store(acknowledgedIds(call).add(StreamId.BYTES));
    }
    return wasPending;
  }

  /** Finishes the deletions of a command; returns true if anything changed. */
  boolean end(Call call, long root) {
    if (deleted > 0) {
      call.values().streams().onDeleted(root);
    }
    return ids(call).count() + acknowledgedIds(call).count() > 0;
  }

  /** Propagates the deletions; {@code groupArg} is the argument of the group acknowledged. */
  void propagate(Call call, long root, int groupArg) {
    if (!call.propagates()) {
      return;
    }
    ByteStrings acknowledged = acknowledgedIds(call);
    if (acknowledged.count() > 0) {
      Effect effect = call.propagateAs(3 + acknowledged.count()).word(XACK).argument(1);
      add(effect.argument(groupArg), acknowledged);
    }
    ByteStrings ids = ids(call);
    if (ids.count() == 0) {
      return;
    }
    add(call.propagateAs(2 + ids.count()).word(XDEL).argument(1), ids);
    if (!clears) {
      return;
    }
    StreamGroups groups = call.values().streams().groups();
    for (int i = 0; i < groups.count(root); i++) {
      long group = groups.get(root, i);
      Effect effect = call.propagateAs(3 + ids.count()).word(XACK).argument(1);
      add(effect.bytes(StreamGroups.groupName(group), StreamGroups.nameLength(group)), ids);
    }
  }

  private void add(Effect effect, ByteStrings ids) {
    for (int i = 0; i < ids.count(); i++) {
      id.load(ids.address(i));
      effect.id(id.millis(), id.sequence());
    }
  }
}
