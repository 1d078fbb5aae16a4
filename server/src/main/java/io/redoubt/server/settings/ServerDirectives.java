package io.redoubt.server.settings;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.FileWord;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.FlagsDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.util.List;
import java.util.Set;

/**
 * All directives of a data server, one instance a server; each field is named after its directive.
 */
public final class ServerDirectives extends Directives {
  /** The processors below which I/O threads would take one from the clients or the owner. */
  private static final int MIN_PROCESSORS = 4;

  /** The most threads of {@code auto}; at P=1 seven keep the owner busy with small requests. */
  private static final int MAX_AUTOMATIC = 8;

  /** An option of the shutdown by a signal; the default is the empty set. */
  public enum ShutdownFlag {
    /** Saves even without save points. */
    SAVE,
    /** Does not save. */
    NOSAVE,
    /** Does not wait for replicas. */
    NOW,
    /** Exits even if saving fails. */
    FORCE,
    /** Does not exit as a master that owns slots of a cluster. */
    SAFE,
    /** Hands the slots of a cluster's master over to a replica before. */
    FAILOVER
  }

  /** The meaning of {@code oom-score-adj-values}. */
  public enum OomScoreAdj {
    /** Unused. */
    NO,
    /** Relative to the score at the start; {@code relative} means the same. */
    YES,
    /** Absolute scores. */
    ABSOLUTE
  }

  /** The directives for snapshots and append-only files. */
  public final PersistenceDirectives persistence = include(new PersistenceDirectives());

  public final ReplicationDirectives replication = include(new ReplicationDirectives());

  /** The directives for memory, eviction and freeing. */
  public final MaxmemoryDirectives memory = include(new MaxmemoryDirectives());

  public final EncodingDirectives encodings = include(new EncodingDirectives());

  public final ClusterDirectives cluster = include(new ClusterDirectives());

  /** The directives of mechanisms that exist for speed on particular machines. */
  public final TuningDirectives tuning = include(new TuningDirectives());

  {
    startSection("SERVER");
  }

  public final IntDirective databases =
      integer("databases", 16)
          .between(1, Integer.MAX_VALUE)
          .immutable()
          .doc("The number of databases; SELECT takes their index, from 0.");

  public final TextDirective availabilityZone =
      text("availability-zone", "")
          .shown("zone-a", "The availability zone of this server, shown by INFO server.");

  public final IntDirective hz =
      integer("hz", 10)
          .keptWithin(1, 500)
          .doc("The frequency of background tasks per second, from 1 to 500.");

  public final YesNoDirective dynamicHz =
      yesNo("dynamic-hz", true)
          .acceptedWithoutEffectExcept(List.of(false))
          .doc("Increase that frequency with the number of clients.");

  public final FileWord renameCommand =
      fileWord("rename-command")
          .arguments(2, 2)
          .shown(
              "CONFIG \"\"",
              "Rename a command, or disable it with \"\". ACL rules are preferable.");

  public final YesNoDirective latencyTracking =
      yesNo("latency-tracking", true)
          .doc(
              "Count the durations of commands, for INFO latencystats and LATENCY" + " HISTOGRAM.");

  public final PercentilesDirective latencyTrackingInfoPercentiles =
      add(new PercentilesDirective("latency-tracking-info-percentiles", List.of(50.0, 99.0, 99.9)))
          .doc("The percentiles that INFO latencystats shows.");

  public final LongDirective latencyMonitorThreshold =
      number("latency-monitor-threshold", 0)
          .doc(
              "The minimum duration of events recorded for LATENCY, in milliseconds; 0 "
                  + "disables it.");

  public final LongDirective slowlogLogSlowerThan =
      number("slowlog-log-slower-than", 10000)
          .newerName("commandlog-execution-slower-than")
          .between(-1, Long.MAX_VALUE)
          .doc(
              "The minimum duration of commands in the slow log, in microseconds; 0 "
                  + "for all, -1 for none.");

  public final LongDirective slowlogMaxLen =
      number("slowlog-max-len", 128)
          .newerName("commandlog-slow-execution-max-len")
          .doc("The maximum number of commands in the slow log.");

  public final EventFlagsDirective notifyKeyspaceEvents =
      add(new EventFlagsDirective("notify-keyspace-events"))
          .doc(
              "The keyspace events to publish. K and E: to channels by key, by "
                  + "event. g: generic commands; $ l s h z t: commands of strings, lists, "
                  + "sets, hashes, sorted sets, streams; x expired, e evicted, d module; A "
                  + "for all of these; m misses; n new keys. S, T, I, V: the fields of hashes, "
                  + "to channels by key, by event, by key and field, by event and key. Empty for "
                  + "none.");

  public final LongDirective busyReplyThreshold =
      number("busy-reply-threshold", 5000)
          .alias("lua-time-limit")
          .doc("Milliseconds after which other clients of a running script get a BUSY error.");

  public final YesNoDirective luaEnableDeprecatedApi =
      yesNo("lua-enable-deprecated-api", false)
          .immutable()
          .hidden()
          .doc(
              "Provide getfenv, setfenv and newproxy to scripts. Objects of newproxy "
                  + "have no finalizer: __gc is never called.");

  {
    startSection("SHUTDOWN");
  }

  public final IntDirective shutdownTimeout =
      integer("shutdown-timeout", 10)
          .doc(
              "Seconds that a shutdown waits for the first append-only file, and for "
                  + "replicas to catch up.");

  public final FlagsDirective<ShutdownFlag> shutdownOnSigint =
      flags("shutdown-on-sigint", ShutdownFlag.class, "default")
          .check(ServerDirectives::saveOrNot)
          .doc(
              "The action of SIGINT: default, or some of save, nosave, now, force,"
                  + " safe, failover.");

  public final FlagsDirective<ShutdownFlag> shutdownOnSigterm =
      flags("shutdown-on-sigterm", ShutdownFlag.class, "default")
          .check(ServerDirectives::saveOrNot)
          .doc("The action of SIGTERM.");

  {
    startSection("KERNEL");
  }

  public final IntDirective ioThreads =
      integer("io-threads", IntDirective.AUTOMATIC)
          .between(1, 128)
          .orAuto(automaticIoThreads(Runtime.getRuntime().availableProcessors()))
          .doc(
              "The number of threads for socket I/O. With 1 the thread that executes commands also"
                  + " reads and writes. With more, the others read, decrypt, encrypt and write for"
                  + " clients while that thread is busy, and start only then. With auto, it is 1"
                  + " below 4 processors, and half of them otherwise, but at most 8."
                  + " Redis' default is 1.");

  public final YesNoDirective ioThreadsAlwaysActive =
      yesNo("io-threads-always-active", false)
          .doc(
              "Use the threads of io-threads even if the thread that executes commands has little"
                  + " to do. For tests and measurements: a single client waits longer then.");

  public final YesNoDirective ioThreadsDoReads =
      yesNo("io-threads-do-reads", false)
          .immutable()
          .acceptedWithoutEffect()
          .doc("Use these threads for reading, too. They always read here.");

  public final ChoiceDirective<OomScoreAdj> oomScoreAdj =
      choice("oom-score-adj", OomScoreAdj.NO)
          .alsoAfter("yes", "relative", OomScoreAdj.YES)
          .doc(
              "Adjust the process's score of the kernel's OOM killer: no, yes, "
                  + "relative, absolute.");

  public final OomScoreValuesDirective oomScoreAdjValues =
      add(new OomScoreValuesDirective("oom-score-adj-values", List.of(0, 200, 800)))
          .doc("The scores of a master, a replica and a child process.");

  public final YesNoDirective disableThp =
      yesNo("disable-thp", true)
          .immutable()
          .acceptedWithoutEffectExcept(List.of(false))
          .doc("Disable transparent huge pages. Here they are used.");

  /** {@code server_cpulist}. */
  public final TextDirective serverCpulist =
      text("server_cpulist", "")
          .newerName("server-cpulist")
          .immutable()
          .doc("The processors for the event loop, such as 0,2 or 0-7:2.");

  /** {@code bio_cpulist}. */
  public final TextDirective bioCpulist =
      text("bio_cpulist", "")
          .newerName("bio-cpulist")
          .immutable()
          .doc("The processors for the thread that writes and syncs the append-only file.");

  /** {@code aof_rewrite_cpulist}. */
  public final TextDirective aofRewriteCpulist =
      text("aof_rewrite_cpulist", "")
          .newerName("aof-rewrite-cpulist")
          .immutable()
          .doc("The processors for the thread of a rewrite of that file.");

  /** {@code bgsave_cpulist}. */
  public final TextDirective bgsaveCpulist =
      text("bgsave_cpulist", "")
          .newerName("bgsave-cpulist")
          .immutable()
          .doc("The processors for the thread of a background save or a full sync.");

  public final TextDirective ignoreWarnings =
      text("ignore-warnings", "")
          .acceptedWithoutEffectExcept(List.of("ARM64-COW-BUG"))
          .doc("Warnings to suppress at startup.");

  public final IntDirective watchdogPeriod =
      integer("watchdog-period", 0)
          .hidden()
          .acceptedWithoutEffect()
          .doc("Milliseconds after which a slow command is described in the log.");

  /** The directives, unset. */
  public ServerDirectives() {
    ignore("list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands");
    ignore(
        "max-new-connections-per-cycle",
        "dual-channel-replication-enabled",
        "extended-redis-compatibility",
        "prefetch-batch-max-size",
        "events-per-io-thread",
        "max-new-tls-connections-per-cycle",
        "lookahead",
        "import-mode",
        "commandlog-request-larger-than",
        "commandlog-large-request-max-len",
        "commandlog-reply-larger-than",
        "commandlog-large-reply-max-len");
    refuse("sentinel", "sentinel directive while not in sentinel mode");
    refuse("loadmodule", "native modules can't be loaded into a Java process");
  }

  private static void saveOrNot(Set<ShutdownFlag> flags) throws RefusedValue {
    if (flags.contains(ShutdownFlag.SAVE) && flags.contains(ShutdownFlag.NOSAVE)) {
      throw new RefusedValue("shutdown options SAVE and NOSAVE can't be used simultaneously");
    }
  }

  /** Returns the number of threads for socket I/O that suits a machine. */
  static int automaticIoThreads(int processors) {
    return processors < MIN_PROCESSORS ? 1 : Math.min(processors / 2, MAX_AUTOMATIC);
  }
}
