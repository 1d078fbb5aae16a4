package io.redoubt.persistence.rdb.check;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbStream;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pending entries of a consumer group: each belongs to exactly one of its consumers. Groups
 * with very many pending entries are not examined, to bound the memory of the tool.
 */
final class PendingEntries {
  private static final int MAX_EXAMINED = 100_000;

  record Id(long millis, long sequence) {}

  private final Map<Id, Boolean> hasConsumer = new LinkedHashMap<>();
  private final Set<String> consumers = new HashSet<>();
  private boolean tooMany;

  void begin(long pending) {
    hasConsumer.clear();
    consumers.clear();
    tooMany = pending > MAX_EXAMINED;
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

  /** Gives an entry to the current consumer; returns false if another one has it. */
  boolean take(long millis, long sequence) throws RdbException {
    if (tooMany) {
      return true;
    }
    Boolean taken = hasConsumer.replace(new Id(millis, sequence), true);
    if (taken == null) {
      throw RdbException.refusal("Consumer entry not found in group global PEL");
    }
    return !taken;
  }

  /** Returns the entries that have no consumer. */
  List<Id> orphans() {
    return hasConsumer.entrySet().stream()
        .filter(entry -> !entry.getValue())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns the name of a consumer that the group does not have, to which orphans can be given. */
  String adoptingConsumer() {
    String name = RdbStream.ADOPTING_CONSUMER;
    for (int i = 2; consumers.contains(name); i++) {
      name = RdbStream.ADOPTING_CONSUMER + i;
    }
    return name;
  }
}
