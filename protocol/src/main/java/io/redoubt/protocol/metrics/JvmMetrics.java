package io.redoubt.protocol.metrics;

import io.redoubt.protocol.process.Version;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.CompilationMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadMXBean;

/** The metrics of the program and its Java virtual machine, which any thread may read. */
public final class JvmMetrics {
  private static final double MILLIS_PER_SECOND = 1000;

  private static final Metric BUILD =
      Metric.gauge("redoubt_build_info", "The versions of the program and of Java, in labels.");
  private static final Metric USED =
      Metric.gauge("redoubt_jvm_memory_used_bytes", "Memory of the JVM in use.");
  private static final Metric COMMITTED =
      Metric.gauge("redoubt_jvm_memory_committed_bytes", "Memory of the JVM backed by the system.");
  private static final Metric MAX =
      Metric.gauge("redoubt_jvm_memory_max_bytes", "Limit of that memory, -1 for none.");
  private static final Metric COLLECTIONS =
      Metric.counter("redoubt_jvm_gc_collections_total", "Garbage collections.");
  private static final Metric PAUSES =
      Metric.counter("redoubt_jvm_gc_pause_seconds_total", "Time of garbage collections.");
  private static final Metric LAST_PAUSE =
      Metric.gauge("redoubt_jvm_gc_last_pause_seconds", "Duration of the last collection.");
  private static final Metric THREADS = Metric.gauge("redoubt_jvm_threads", "Live threads.");
  private static final Metric THREADS_PEAK =
      Metric.gauge("redoubt_jvm_threads_peak", "Most live threads since the start.");
  private static final Metric CLASSES = Metric.gauge("redoubt_jvm_classes", "Loaded classes.");
  private static final Metric COMPILING =
      Metric.counter("redoubt_jvm_compilation_seconds_total", "Time of compilation by the JIT.");

  private JvmMetrics() {}

  public static MetricsSnapshot take() {
    MetricsSnapshot snapshot = new MetricsSnapshot();
    Version version = Version.ofThisProcess();
    snapshot.add(
        BUILD,
        Labels.of(
            "version",
            version.number(),
            "commit",
            version.commit(),
            "redis_version",
            Version.REDIS,
            "java_version",
            Version.java()),
        1);
    var memory = ManagementFactory.getMemoryMXBean();
    memory(snapshot, "heap", memory.getHeapMemoryUsage());
    memory(snapshot, "nonheap", memory.getNonHeapMemoryUsage());
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      String labels = Labels.of("collector", collector.getName());
      snapshot.add(COLLECTIONS, labels, collector.getCollectionCount());
      snapshot.add(PAUSES, labels, collector.getCollectionTime() / MILLIS_PER_SECOND);
      if (collector instanceof com.sun.management.GarbageCollectorMXBean detailed
          && detailed.getLastGcInfo() != null) {
        double millis = detailed.getLastGcInfo().getDuration();
        snapshot.add(LAST_PAUSE, labels, millis / MILLIS_PER_SECOND);
      }
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    snapshot.add(THREADS, threads.getThreadCount());
    snapshot.add(THREADS_PEAK, threads.getPeakThreadCount());
    ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    snapshot.add(CLASSES, classes.getLoadedClassCount());
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    if (compiler != null && compiler.isCompilationTimeMonitoringSupported()) {
      snapshot.add(COMPILING, compiler.getTotalCompilationTime() / MILLIS_PER_SECOND);
    }
    return snapshot;
  }

  private static void memory(MetricsSnapshot snapshot, String area, MemoryUsage use) {
    String labels = Labels.of("area", area);
    snapshot.add(USED, labels, use.getUsed());
    snapshot.add(COMMITTED, labels, use.getCommitted());
    snapshot.add(MAX, labels, use.getMax());
  }
}
