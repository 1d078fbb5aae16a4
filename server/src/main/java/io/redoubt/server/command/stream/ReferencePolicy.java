package io.redoubt.server.command.stream;

import io.redoubt.server.execution.Call;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;
import org.jspecify.annotations.Nullable;

/** The effect of the deletion of an entry on the consumer groups, as in Redis 8.2. */
enum ReferencePolicy {
  /** The entry stays pending where it is, as with XDEL. */
  KEEPREF,

  /** The entry is no longer pending in any group. */
  DELREF,

  /** Only an entry is deleted that every group has read and acknowledged. */
  ACKED;

  private static final ReferencePolicy[] NAMED = values();

  /** Returns the policy that argument {@code i} names, or null. */
  static @Nullable ReferencePolicy named(Call call, int i) {
    for (ReferencePolicy policy : NAMED) {
      if (call.is(i, policy.name())) {
        return policy;
      }
    }
    return null;
  }

  /** Returns true if the policy lets an entry be deleted. A stream without groups has no reader. */
  boolean allows(Streams streams, long root, StreamId id) {
    if (this != ACKED) {
      return true;
    }
    StreamGroups groups = streams.groups();
    int count = groups.count(root);
    for (int i = 0; i < count; i++) {
      long group = groups.get(root, i);
      if (id.compareAt(StreamGroups.lastId(group)) > 0 || groups.isPending(group, id)) {
        return false;
      }
    }
    return count > 0;
  }
}
