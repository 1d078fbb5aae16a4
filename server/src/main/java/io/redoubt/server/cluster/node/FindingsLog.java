package io.redoubt.server.cluster.node;

import io.redoubt.protocol.process.Log;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Logs each finding of CLUSTER DOCTOR once when it has come to stay, and once when it is gone.
 * Findings of a failover or a moving slot come and go within the time between two looks.
 */
final class FindingsLog {
  private final Log log;

  /** The findings of the last look that were not logged, by keyword and subject. */
  private Set<String> fresh = Set.of();

  /** The findings that were logged and still hold. */
  private final Set<String> logged = new LinkedHashSet<>();

  FindingsLog(Log log) {
    this.log = log;
  }

  /**
   * Looks at the present findings.
   *
   * @param findings for each a keyword and a subject, a colon, and the advice
   */
  void look(List<String> findings) {
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
