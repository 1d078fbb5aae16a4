package io.redoubt.persistence.rdb.check;

import io.redoubt.persistence.rdb.RdbException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Checks that each pending entry of a consumer group belongs to exactly one of its consumers. Skips
 * groups with very many pending entries, to bound the memory of the tool.
 */
final class PendingCheck {
  private static final int MOST = 100_000;

  private record Id(long millis, long sequence) {}

  private final Map<Id, Boolean> hasConsumer = new HashMap<>();
  private final Set<String> consumers = new HashSet<>();
  private boolean tooMany;

  /** Starts a group. */
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

  /** Ends the group or the stream. */
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
