package io.redoubt.server.lifecycle;

import io.redoubt.protocol.launch.ProcessUsage;
import io.redoubt.protocol.process.ControlGroup;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.ServerDirectives;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the data within the memory limit of the process' control group, so that writes are refused
 * before the kernel kills the process. Not used by embedded servers.
 *
 * <p>The region may use the limit minus a reserve for the Java virtual machine and other processes
 * of the group. The reserve is the group's current use outside of the region or the usual maximum
 * of the virtual machine, whichever is larger.
 */
public final class MemoryGuard {
  /**
   * The usual memory of a busy virtual machine outside of the Java heap: code, classes, threads,
   * buffers.
   */
  private static final long NATIVE_BYTES = 128L << 20;

  /**
   * The divisor of the limit that gives the minimum for data: in a small group the heap does not
   * reach its maximum.
   */
  private static final int LEAST_SHARE = 4;

  private static final long MEGABYTE = 1L << 20;

  private final ServerDirectives settings;
  private final Log log;
  private final @Nullable ControlGroup group;

  /** Creates a guard of the given control group, or of none. */
  public MemoryGuard(ServerDirectives settings, Log log, @Nullable ControlGroup group) {
    this.settings = settings;
    this.log = log;
    this.group = group;
  }

  /**
   * Adjusts the limit of the region to the limit and the use of the group. Called periodically,
   * since both may change.
   */
  public void adjust() {
    long limit = groupLimitBytes();
    Region.limit(
        limit == Long.MAX_VALUE || !settings.memory.cgroupMemoryGuard.value()
            ? Long.MAX_VALUE
            : regionBytes(limit));
  }

  private long regionBytes(long limit) {
    long used = group == null ? 0 : group.anonymousBytes();
    long others =
        Math.max(Runtime.getRuntime().maxMemory() + NATIVE_BYTES, used - Region.activeBytes());
    return Math.max(limit / LEAST_SHARE, limit - others);
  }

  private long groupLimitBytes() {
    return group == null ? Long.MAX_VALUE : group.limitBytes();
  }

  /** Logs the reserved and the available memory, and warns if maxmemory does not protect it. */
  public void report() {
    long machine = ProcessUsage.readTotalMemory();
    long limit = groupLimitBytes();
    boolean isLimited = limit < machine || (machine == 0 && limit < Long.MAX_VALUE);
    log.notice(
        "Reserved %d MB of address space for data. The machine has %d MB of memory%s.",
        Region.MEMORY.byteSize() / MEGABYTE, machine / MEGABYTE, isLimited ? ofGroup(limit) : "");
    long memory = isLimited ? limit : machine;
    long maxmemory = settings.memory.maxmemory.value();
    if (memory > 0 && maxmemory == 0) {
      log.warning(
          "WARNING maxmemory is 0: the data may outgrow the %d MB of memory. Set maxmemory below"
              + " that, and choose a maxmemory-policy.",
          memory / MEGABYTE);
    } else if (memory > 0 && maxmemory > memory) {
      log.warning(
          "WARNING maxmemory of %d MB is more than the %d MB of memory.",
          maxmemory / MEGABYTE, memory / MEGABYTE);
    }
  }

  private String ofGroup(long limit) {
    String start = ", of which the control group may use " + limit / MEGABYTE + " MB";
    return Region.limitBytes() == Long.MAX_VALUE
        ? start
        : start + " and data " + Region.limitBytes() / MEGABYTE + " MB";
  }
}
