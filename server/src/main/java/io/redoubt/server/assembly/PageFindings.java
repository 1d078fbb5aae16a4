package io.redoubt.server.assembly;

import io.redoubt.protocol.http.Json;
import io.redoubt.server.command.admin.LatencyDiagnosis;
import io.redoubt.server.command.admin.MemoryDiagnosis;
import java.util.ArrayList;
import java.util.List;

/** The findings of all doctors of a server. Confined to the event loop. */
final class PageFindings {
  private static final int MAX_FINDINGS = 40;

  /**
   * The interval of CLUSTER DOCTOR, longer than that of the page, because it compares all nodes.
   */
  private static final long INTERVAL_MILLIS = 5_000;

  /**
   * A finding.
   *
   * @param doctor the command that reports it
   */
  private record Finding(String doctor, String text) {}

  private final ServerParts parts;
  private final MemoryDiagnosis memory;
  private final LatencyDiagnosis latency;
  private List<Finding> last = List.of();
  private long nextMillis = Long.MIN_VALUE;

  PageFindings(ServerParts parts) {
    this.parts = parts;
    memory = new MemoryDiagnosis(parts.clients.memory);
    latency = new LatencyDiagnosis(parts.data.latency, parts.settings);
  }

  /** Writes the commands of the doctors that were asked, and their findings. */
  void write(Json json) {
    long now = parts.clock.monotonicMillis();
    if (now >= nextMillis) {
      nextMillis = now + INTERVAL_MILLIS;
      last = findings();
    }
    json.array("doctors").element("MEMORY DOCTOR");
    json.element(
        parts.data.latency.isOn()
            ? "LATENCY DOCTOR"
            : "LATENCY DOCTOR (measures nothing while latency-monitor-threshold is 0)");
    if (parts.replication.clusterNode != null) {
      json.element("CLUSTER DOCTOR");
    }
    json.endArray().array("findings");
    for (Finding finding : last) {
      json.object().member("doctor", finding.doctor()).member("text", finding.text()).endObject();
    }
    json.endArray();
  }

  private List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    add(findings, "MEMORY DOCTOR", memory.findings(parts.data.keyspace));
    add(findings, "LATENCY DOCTOR", latency.findings());
    if (parts.replication.clusterNode != null) {
      add(findings, "CLUSTER DOCTOR", parts.replication.clusterNode.findings());
    }
    return findings.subList(0, Math.min(findings.size(), MAX_FINDINGS));
  }

  private static void add(List<Finding> findings, String doctor, List<String> texts) {
    texts.forEach(text -> findings.add(new Finding(doctor, text)));
  }
}
