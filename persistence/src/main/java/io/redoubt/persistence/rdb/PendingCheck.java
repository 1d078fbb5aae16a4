package io.redoubt.persistence.rdb;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Whether the pending entries of a consumer group and those of its consumers belong together: each
 * has one consumer. Groups of very many are not looked at, for the tool is to get by with little
 * memory.
 */
final class PendingCheck {
  private static final int MOST = 100_000;

  private record Id(long millis, long sequence) {}

  private final Map<Id, Boolean> hasConsumer = new HashMap<>();
  private final Set<String> consumers = new HashSet<>();
  private boolean tooMany;

  /** A group begins. */
  void group(long pending) throws RdbException {
    end();
    tooMany = pending > MOST;
  }

  void pending(long millis, long sequence) throws RdbException {
    if (!tooMany && hasConsumer.put(new Id(millis, sequence), false) != null) {
      throw RdbException.refusal("Duplicated global PEL entry loading stream consumer group");
    }
  }

  void consumer(String name) throws RdbException {
    if (!consumers.add(name)) {
      throw RdbException.refusal("Duplicate stream consumer detected");
    }
  }

  void entry(long millis, long sequence) throws RdbException {
    if (tooMany) {
      return;
    }
    Boolean taken = hasConsumer.replace(new Id(millis, sequence), true);
    if (taken == null) {
      throw RdbException.refusal("Consumer entry not found in group global PEL");
    }
    if (taken) {
      throw RdbException.refusal("Stream consumer PEL entry already has a consumer assigned");
    }
  }

  /** The group, or the stream, ends. */
  void end() throws RdbException {
    boolean whole = tooMany || !hasConsumer.containsValue(false);
    hasConsumer.clear();
    consumers.clear();
    tooMany = false;
    if (!whole) {
      throw RdbException.refusal("Stream CG PEL entry without consumer");
    }
  }
}
