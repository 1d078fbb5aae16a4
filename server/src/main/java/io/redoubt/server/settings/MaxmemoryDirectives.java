package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.util.List;

/** The directives of memory limits, eviction and expiry. */
public final class MaxmemoryDirectives extends DirectiveGroup {

  /** The keys to evict when memory runs out. */
  public enum MaxmemoryPolicy {
    /** The least recently used keys with an expiry time. */
    VOLATILE_LRU,
    /** The least frequently used keys with an expiry time. */
    VOLATILE_LFU,
    /** Random keys with an expiry time. */
    VOLATILE_RANDOM,
    /** The keys that expire next. */
    VOLATILE_TTL,
    /** The least recently used keys. */
    ALLKEYS_LRU,
    /** The least frequently used keys. */
    ALLKEYS_LFU,
    /** Random keys. */
    ALLKEYS_RANDOM,
    /** None: writes are refused. */
    NOEVICTION,
    /** The least recently modified keys with an expiry time. */
    VOLATILE_LRM,
    /** The least recently modified keys. */
    ALLKEYS_LRM
  }

  {
    startSection("MEMORY");
  }

  public final MemoryDirective maxmemory =
      memory("maxmemory", 0)
          .unsigned()
          .shown(
              "4gb",
              "The memory that data and buffers may use before maxmemory-policy "
                  + "applies; 0 is no limit.");

  public final YesNoDirective cgroupMemoryGuard =
      yesNo("cgroup-memory-guard", true)
          .doc(
              "Refuse writes with an OOM error before the server reaches the memory limit of its"
                  + " control group (container, systemd unit), at which the kernel would kill it."
                  + " The Java virtual machine's part of the limit is set aside.");

  public final ChoiceDirective<MaxmemoryPolicy> maxmemoryPolicy =
      choice("maxmemory-policy", MaxmemoryPolicy.NOEVICTION)
          .doc(
              "The keys to evict at that limit: volatile-lru, volatile-lfu, volatile-lrm, "
                  + "volatile-random, volatile-ttl (among keys with an expiry), "
                  + "allkeys-lru, allkeys-lfu, allkeys-lrm, allkeys-random, or noeviction, "
                  + "which refuses writes. The least recently used (lru), least frequently "
                  + "used (lfu) or least recently modified (lrm) keys are evicted.");

  public final IntDirective maxmemorySamples =
      integer("maxmemory-samples", 5)
          .between(1, Integer.MAX_VALUE)
          .doc(
              "The number of keys sampled to choose the one to evict: more is more exact "
                  + "and slower.");

  public final IntDirective maxmemoryEvictionTenacity =
      integer("maxmemory-eviction-tenacity", 10)
          .between(0, 100)
          .doc(
              "The time for which eviction may delay a client: up to 10 in units of "
                  + "50 microseconds, then 15 percent more for each; 100 for no limit.");

  public final IntDirective lfuLogFactor =
      integer("lfu-log-factor", 10)
          .doc(
              "The access counter of the LFU policies grows more slowly the higher this factor"
                  + " is.");

  public final IntDirective lfuDecayTime =
      integer("lfu-decay-time", 1)
          .doc("Minutes after which the access counter of the LFU policies is decremented.");

  public final IntDirective activeExpireEffort =
      integer("active-expire-effort", 1)
          .between(1, 10)
          .doc("The effort to remove expired keys that are not accessed, from 1 to 10.");

  public final LongDirective trackingTableMaxKeys =
      number("tracking-table-max-keys", 1_000_000)
          .doc("The maximum number of keys tracked for clients with a cache; 0 is no limit.");

  {
    startSection("LAZY FREEING");
  }

  public final YesNoDirective lazyfreeLazyEviction =
      yesNo("lazyfree-lazy-eviction", false)
          .doc(
              "Free evicted keys in the background. Here large values are always freed in slices;"
                  + " replicas receive UNLINK instead of DEL.");

  public final YesNoDirective lazyfreeLazyExpire =
      yesNo("lazyfree-lazy-expire", false).doc("The same for expired keys.");

  public final YesNoDirective lazyfreeLazyServerDel =
      yesNo("lazyfree-lazy-server-del", false).doc("The same for keys that a command overwrites.");

  public final YesNoDirective lazyfreeLazyUserDel =
      yesNo("lazyfree-lazy-user-del", false)
          .acceptedWithoutEffectExcept(List.of(true))
          .doc("Make DEL behave as UNLINK.");

  public final YesNoDirective lazyfreeLazyUserFlush =
      yesNo("lazyfree-lazy-user-flush", false)
          .doc("Make ASYNC the default of FLUSHALL and FLUSHDB.");

  {
    startSection("DEFRAGMENTATION");
  }

  public final YesNoDirective activedefrag =
      yesNo("activedefrag", false)
          .doc(
              "Defragment the memory while the server runs: move values out of partly used"
                  + " pages and return these to the system. Does nothing during a save or full"
                  + " sync.");

  public final MemoryDirective activeDefragIgnoreBytes =
      memory("active-defrag-ignore-bytes", 100 << 20)
          .between(1, Long.MAX_VALUE)
          .doc("The amount of fragmentation below which defragmentation does not start.");

  public final IntDirective activeDefragThresholdLower =
      integer("active-defrag-threshold-lower", 10)
          .between(0, 1000)
          .doc("The percentage of fragmentation at which it starts.");

  public final IntDirective activeDefragThresholdUpper =
      integer("active-defrag-threshold-upper", 100)
          .between(0, 1000)
          .doc("The percentage of fragmentation at which it takes most time.");

  public final IntDirective activeDefragCycleMin =
      integer("active-defrag-cycle-min", 1)
          .between(1, 99)
          .doc("The minimum share of processor time, in percent.");

  public final IntDirective activeDefragCycleMax =
      integer("active-defrag-cycle-max", 25)
          .between(1, 99)
          .doc("The maximum share of processor time, in percent.");

  public final LongDirective activeDefragMaxScanFields =
      number("active-defrag-max-scan-fields", 1000)
          .between(1, Long.MAX_VALUE)
          .doc("The number of elements up to which a collection is moved, as a whole and at once.");

  public final YesNoDirective jemallocBgThread =
      yesNo("jemalloc-bg-thread", true)
          .acceptedWithoutEffectExcept(List.of(false))
          .doc("Let a thread of the allocator return memory.");
}
