package io.redoubt.server.command.admin;

import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;

/** The report of MEMORY DOCTOR. */
public final class MemoryDiagnosis {
  /** No problems are reported below this use. */
  private static final long LITTLE_BYTES = 5 << 20;

  private final MemoryUse memory;

  public MemoryDiagnosis(MemoryUse memory) {
    this.memory = memory;
  }

  private boolean isLittle() {
    return memory.usedBytes() - memory.startupBytes() < LITTLE_BYTES;
  }

  /** Returns the report as a text. */
  String text(Keyspace keyspace) {
    if (isLittle()) {
      return "This server holds very little data: too little to judge its use of memory.\n";
    }
    List<String> findings = findings(keyspace);
    if (findings.isEmpty()) {
      return "No problem with the use of memory was found.\n";
    }
    return "Problems with the use of memory:\n\n * " + String.join("\n\n * ", findings) + "\n";
  }

  /** Returns the problems, one text each. */
  public List<String> findings(Keyspace keyspace) {
    if (isLittle()) {
      return List.of();
    }
    long used = memory.usedBytes();
    List<String> findings = new ArrayList<>();
    if (memory.peakBytes() > used * 3 / 2) {
      findings.add(
          "Peak memory: at its peak the server used more than 150 % of its current"
              + " memory. The difference is returned to the system gradually, or at once by"
              + " MEMORY PURGE.");
    }
    if (memory.fragmentation() > 1.4) {
      findings.add(
          "Fragmentation: the allocator holds more than 140 % of the memory in use, in"
              + " partly filled pages. They are filled again when the data grows.");
    }
    if (keyspace.garbageCount() > 0) {
      findings.add(
          "Lazy freeing: removed values are still being freed, see lazyfree_pending_objects.");
    }
    if (memory.buffers().clientsBytes() > used / 5) {
      findings.add(
          "Clients: their buffers take more than a fifth of the memory. CLIENT LIST"
              + " shows the largest; client-output-buffer-limit and maxmemory-clients limit"
              + " them.");
    }
    if (memory.buffers().replicasBytes() > 10 << 20) {
      findings.add(
          "Replicas: more than 10 MB wait for replicas that don't keep up with the writes.");
    }
    return findings;
  }
}
