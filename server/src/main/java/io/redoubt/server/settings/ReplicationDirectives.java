package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;

/** The directives of masters and replicas. */
public final class ReplicationDirectives extends DirectiveGroup {

  /** The way in which a replica loads a diskless full sync. */
  public enum DisklessLoad {
    /** Through a file. */
    DISABLED,
    /** Directly from the socket if the data set is empty. */
    ON_EMPTY_DB,
    /** Directly from the socket, keeping the old data until the new data is complete. */
    SWAPDB
  }

  /** The reaction of a replica to a failing command of its master. */
  public enum PropagationErrors {
    /** Counts the error. */
    IGNORE,
    /** Terminates the process. */
    PANIC,
    /** Terminates the process of a replica. */
    PANIC_ON_REPLICAS
  }

  {
    section("REPLICATION");
  }

  /** {@code replicaof}. */
  public final ReplicaofDirective replicaof =
      add(new ReplicaofDirective())
          .immutable()
          .alias("slaveof")
          .shown(
              "<masterip> <masterport>", "Makes this server a replica of that one from the start.");

  /** {@code masterauth}. */
  public final TextDirective masterauth =
      text("masterauth", "")
          .sensitive()
          .newerName("primaryauth")
          .shown("<master-password>", "The password that a replica gives its master.");

  /** {@code masteruser}. */
  public final TextDirective masteruser =
      text("masteruser", "")
          .newerName("primaryuser")
          .sensitive()
          .shown(
              "<username>",
              "The user that a replica is for its master; without one only the password is"
                  + " given.");

  /** {@code replica-serve-stale-data}. */
  public final YesNoDirective replicaServeStaleData =
      yesNo("replica-serve-stale-data", true)
          .alias("slave-serve-stale-data")
          .doc("Whether a replica without its master answers with the data that it has.");

  /** {@code replica-read-only}. */
  public final YesNoDirective replicaReadOnly =
      yesNo("replica-read-only", true)
          .alias("slave-read-only")
          .doc("Whether a replica refuses writes of clients.");

  /** {@code replica-ignore-disk-write-errors}. */
  public final YesNoDirective replicaIgnoreDiskWriteErrors =
      yesNo("replica-ignore-disk-write-errors", false)
          .withoutEffectYet()
          .doc("Whether a replica that can't write its disk goes on.");

  /** {@code repl-diskless-sync}. */
  public final YesNoDirective replDisklessSync =
      yesNo("repl-diskless-sync", true)
          .doc(
              "Whether a full sync goes straight to the replicas' sockets instead of through a"
                  + " file.");

  /** {@code repl-diskless-sync-delay}. */
  public final IntDirective replDisklessSyncDelay =
      integer("repl-diskless-sync-delay", 5)
          .doc("Seconds that such a sync waits for more replicas to come.");

  /** {@code repl-diskless-sync-max-replicas}. */
  public final IntDirective replDisklessSyncMaxReplicas =
      integer("repl-diskless-sync-max-replicas", 0)
          .doc(
              "How many replicas have to be waiting for it to start at once; 0 for the whole"
                  + " delay.");

  /** {@code repl-diskless-load}. */
  public final ChoiceDirective<DisklessLoad> replDisklessLoad =
      choice("repl-diskless-load", DisklessLoad.DISABLED)
          .doc(
              "How a replica loads it: disabled, through a file; on-empty-db, from the socket"
                  + " when it has no data; swapdb, from the socket beside the old data.");

  /** {@code repl-interleaved-sync}. */
  public final YesNoDirective replInterleavedSync =
      yesNo("repl-interleaved-sync", true)
          .doc(
              "Whether between two Redoubts the stream that is made during a full sync goes along"
                  + " with the snapshot, to be kept by the replica, instead of being kept by the"
                  + " master. Both need it, and the master repl-diskless-sync and a limit of its"
                  + " replicas' output.");

  /** {@code repl-spill-dir}. */
  public final TextDirective replSpillDir =
      text("repl-spill-dir", "")
          .shown(
              "/var/tmp",
              "Where the stream goes that is made during a full sync, as far as it has to wait and"
                  + " is more than the memory for it, on a master and on a replica; the directory"
                  + " of the data without it.");

  /** {@code repl-spill-max}. */
  public final MemoryDirective replSpillMax =
      memory("repl-spill-max", 16L << 30)
          .doc("How much may be there, on a master for all replicas together; 0 for any amount.");

  /** {@code repl-max-concurrent-full-syncs}. */
  public final IntDirective replMaxConcurrentFullSyncs =
      integer("repl-max-concurrent-full-syncs", 0)
          .doc("How many replicas may take a full sync at the same time; 0 for any number.");

  /** {@code repl-full-sync-rate}. */
  public final MemoryDirective replFullSyncRate =
      memory("repl-full-sync-rate", 0)
          .doc("Bytes a second that all full syncs together may send; 0 for any number.");

  /** {@code replica-refuse-empty-master}. */
  public final YesNoDirective replicaRefuseEmptyMaster =
      yesNo("replica-refuse-empty-master", true)
          .doc(
              "Whether a replica that holds data keeps it when its master turns out to be empty and"
                  + " to have begun a new history: it has lost its data. The link stays down"
                  + " then.");

  /** {@code repl-ping-replica-period}. */
  public final IntDirective replPingReplicaPeriod =
      integer("repl-ping-replica-period", 10)
          .between(1, Integer.MAX_VALUE)
          .alias("repl-ping-slave-period")
          .doc("Seconds between the pings that a master sends its replicas.");

  /** {@code repl-timeout}. */
  public final IntDirective replTimeout =
      integer("repl-timeout", 60)
          .between(1, Integer.MAX_VALUE)
          .doc(
              "Seconds without a sign of life after which master and replica take each other"
                  + " for gone; more than repl-ping-replica-period.");

  /** {@code repl-disable-tcp-nodelay}. */
  public final YesNoDirective replDisableTcpNodelay =
      yesNo("repl-disable-tcp-nodelay", false)
          .doc("Whether small packets to replicas are held back to be sent together.");

  /** {@code repl-backlog-size}. */
  public final MemoryDirective replBacklogSize =
      memory("repl-backlog-size", 1 << 20)
          .between(1, Long.MAX_VALUE)
          .keptAtLeast(16 << 10)
          .doc(
              "How much of the stream is kept, so that a replica that was away can go on where"
                  + " it was.");

  /** {@code repl-backlog-ttl}. */
  public final IntDirective replBacklogTtl =
      integer("repl-backlog-ttl", 3600)
          .doc("Seconds without replicas after which it isn't kept any longer; 0 for ever.");

  /** {@code replica-priority}. */
  public final IntDirective replicaPriority =
      integer("replica-priority", 100)
          .alias("slave-priority")
          .doc("Sentinels prefer the replica with the lowest number; 0 is never promoted.");

  /** {@code replica-announced}. */
  public final YesNoDirective replicaAnnounced =
      yesNo("replica-announced", true).doc("Whether sentinels show this replica to clients.");

  /** {@code min-replicas-to-write}. */
  public final IntDirective minReplicasToWrite =
      integer("min-replicas-to-write", 0)
          .alias("min-slaves-to-write")
          .doc("Refuse writes while fewer replicas than this are up to date; 0 turns it off.");

  /** {@code min-replicas-max-lag}. */
  public final IntDirective minReplicasMaxLag =
      integer("min-replicas-max-lag", 10)
          .alias("min-slaves-max-lag")
          .doc("After how many seconds of silence a replica isn't up to date; 0 turns it off.");

  /** {@code replica-announce-ip}. */
  public final TextDirective replicaAnnounceIp =
      text("replica-announce-ip", "")
          .alias("slave-announce-ip")
          .shown(
              "5.5.5.5",
              "The address that a replica tells its master to be reached at, behind NAT or in a"
                  + " container.");

  /** {@code replica-announce-port}. */
  public final IntDirective replicaAnnouncePort =
      integer("replica-announce-port", 0)
          .between(0, 65535)
          .alias("slave-announce-port")
          .shown("1234", "The port that goes with it.");

  /** {@code rejoin-sentinels}. */
  public final HostPortsDirective rejoinSentinels =
      add(new HostPortsDirective("rejoin-sentinels"))
          .shown(
              "10.0.0.1:26379 10.0.0.2:26379",
              "Sentinels to ask after a restart whether this master still is one, beside those"
                  + " that have watched it before, which it remembers.");

  /** {@code rejoin-auth-user}. */
  public final TextDirective rejoinAuthUser =
      text("rejoin-auth-user", "")
          .shown("asker", "The user that this server is for these sentinels.");

  /** {@code rejoin-auth-pass}. */
  public final TextDirective rejoinAuthPass =
      text("rejoin-auth-pass", "")
          .sensitive()
          .shown("secret", "The password that it gives them, where they want one.");

  /** {@code rejoin-timeout}. */
  public final IntDirective rejoinTimeout =
      integer("rejoin-timeout", 10_000)
          .between(0, Integer.MAX_VALUE)
          .doc(
              "For how many milliseconds a restarted master that sentinels watch takes no writes"
                  + " while it can't find that out; 0 lets it write at once.");

  /** {@code replica-ignore-maxmemory}. */
  public final YesNoDirective replicaIgnoreMaxmemory =
      yesNo("replica-ignore-maxmemory", true)
          .alias("slave-ignore-maxmemory")
          .doc("Whether a replica leaves evicting to its master.");

  /** {@code replica-lazy-flush}. */
  public final YesNoDirective replicaLazyFlush =
      yesNo("replica-lazy-flush", false)
          .alias("slave-lazy-flush")
          .acceptedWithoutEffect()
          .doc("Whether a replica frees its old data in the background before a full sync.");

  /** {@code propagation-error-behavior}. */
  public final ChoiceDirective<PropagationErrors> propagationErrorBehavior =
      choice("propagation-error-behavior", PropagationErrors.IGNORE)
          .acceptedWithoutEffect()
          .doc(
              "What a replica does about a command of its master that fails: ignore, panic,"
                  + " panic-on-replicas.");
}
