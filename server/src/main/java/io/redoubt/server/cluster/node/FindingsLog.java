package io.redoubt.server.cluster.node;

import io.redoubt.protocol.process.Log;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Logs each persistent finding of CLUSTER DOCTOR once, and once more when it is gone. A finding is
 * persistent if two examinations in a row report it: those of a failover or a moving slot usually
 * vanish in between.
 */
final class FindingsLog {
  private final Log log;

  /** The keys (keyword and subject) of findings seen once and not yet logged. */
  private Set<String> fresh = Set.of();

  /** The keys of findings that were logged and still hold. */
  private final Set<String> logged = new LinkedHashSet<>();

  FindingsLog(Log log) {
    this.log = log;
  }

  /**
   * Examines the current findings.
   *
   * @param findings lines of the form {@code keyword subject: advice}
   */
  void update(List<String> findings) {
    Map<String, String> present = new LinkedHashMap<>();
    for (String finding : findings) {
      present.put(key(finding), finding);
    }
    for (String key : List.copyOf(logged)) {
      if (!present.containsKey(key)) {
        logged.remove(key);
        log.notice("Doctor: no longer %s", key);
      }
    }
    Set<String> next = new LinkedHashSet<>();
    present.forEach((key, finding) -> {
      if (logged.contains(key)) {
        return;
      }
      if (fresh.contains(key)) {
        log.warning("Doctor: %s", finding);
        logged.add(key);
      } else {
        next.add(key);
      }
    });
    fresh = next;
  }

  private static String key(String finding) {
    return finding.substring(0, finding.indexOf(": "));
  }
}
