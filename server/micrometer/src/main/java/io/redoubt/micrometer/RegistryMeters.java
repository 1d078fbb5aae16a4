package io.redoubt.micrometer;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import java.util.HashMap;
import java.util.Map;

/** The meters of one registry. Guarded by the lock of {@link RedoubtMetrics}. */
final class RegistryMeters {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<WatchedMember, MemberMeters> members = new HashMap<>();

  RegistryMeters(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
  }

  boolean isOf(MeterRegistry other) {
    return registry.equals(other);
  }

  boolean isClosed() {
    return registry.isClosed();
  }

  /** Shows the last metrics of a member, or that it does not run. */
  void show(WatchedMember member) {
    MetricsSnapshot latest = member.latest();
    if (latest != null) {
      members
          .computeIfAbsent(member, it -> new MemberMeters(registry, tags.and(member.tags())))
          .show(latest);
    } else if (members.containsKey(member)) {
      MemberMeters ended = members.get(member);
      ended.clear(member.startsAgain());
    }
  }

  void clear() {
    members.values().forEach(each -> each.clear(false));
    members.clear();
  }
}
