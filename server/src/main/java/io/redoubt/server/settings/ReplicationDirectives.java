package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.util.List;

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
    startSection("REPLICATION");
  }

  public final ReplicaofDirective replicaof =
      add(new ReplicaofDirective())
          .immutable()
          .alias("slaveof")
          .shown(
              "<masterip> <masterport>",
              "The master of this server; without this line it starts as a master.");

  public final TextDirective masterauth =
      text("masterauth", "")
          .sensitive()
          .newerName("primaryauth")
          .shown(
              "<master-password>",
              "The password for authentication to the master, and in a slot migration to the"
                  + " target.");

  public final TextDirective masterauthFile =
      fileOf(masterauth)
          .shown(
              "/etc/redis/master-password",
              "A file that holds the password for the master, so that it needn't stand here.");

  public final TextDirective masteruser =
      text("masteruser", "")
          .newerName("primaryuser")
          .sensitive()
          .shown("<username>", "The user for the same; without it, only the password is sent.");

  public final YesNoDirective replicaServeStaleData =
      yesNo("replica-serve-stale-data", true)
          .alias("slave-serve-stale-data")
          .doc("Serve possibly stale data while the link to the master is down.");

  public final YesNoDirective replicaReadOnly =
      yesNo("replica-read-only", true)
          .alias("slave-read-only")
          .doc("Refuse writes of clients on a replica.");

  public final YesNoDirective replicaIgnoreDiskWriteErrors =
      yesNo("replica-ignore-disk-write-errors", false)
          .acceptedWithoutEffectExcept(List.of(true))
          .doc("Continue on a replica that can't write to its disk. A replica always does here.");

  public final YesNoDirective replDisklessSync =
      yesNo("repl-diskless-sync", true)
          .doc("Send full syncs directly to the replicas' sockets, without a file.");

  public final IntDirective replDisklessSyncDelay =
      integer("repl-diskless-sync-delay", 5)
          .doc("Seconds that a full sync without a file waits for further replicas.");

  public final IntDirective replDisklessSyncMaxReplicas =
      integer("repl-diskless-sync-max-replicas", 0)
          .doc(
              "The number of waiting replicas at which such a sync starts before the delay ends; 0"
                  + " is no limit.");

  public final ChoiceDirective<DisklessLoad> replDisklessLoad =
      choice("repl-diskless-load", DisklessLoad.DISABLED)
          .doc(
              "The way a replica loads a full sync: disabled, from a file; "
                  + "on-empty-db, from the socket if it has no data; swapdb, from the "
                  + "socket, keeping the old data until the new data is complete.");

  public final YesNoDirective replInterleavedSync =
      yesNo("repl-interleaved-sync", true)
          .doc(
              "Between two Redoubt servers, send the replication stream along with "
                  + "the snapshot of a full sync, to be buffered by the replica rather "
                  + "than the master. Must be set on both; the master also requires "
                  + "repl-diskless-sync and an output limit for replicas.");

  public final TextDirective replSpillDir =
      text("repl-spill-dir", "")
          .shown(
              "/var/tmp",
              "The directory for the replication stream of a full sync that exceeds "
                  + "its memory buffer, on masters and replicas; the data directory by "
                  + "default.");

  public final MemoryDirective replSpillMax =
      memory("repl-spill-max", 16L << 30)
          .doc(
              "The maximum size of these files, on a master for all replicas together; 0 "
                  + "is no limit.");

  public final IntDirective replMaxConcurrentFullSyncs =
      integer("repl-max-concurrent-full-syncs", 0)
          .doc("The maximum number of replicas in a full sync at the same time; 0 is no limit.");

  public final MemoryDirective replFullSyncRate =
      memory("repl-full-sync-rate", 0)
          .doc("The maximum rate of all full syncs together, in bytes per second; 0 is no limit.");

  public final YesNoDirective replicaRefuseEmptyMaster =
      yesNo("replica-refuse-empty-master", true)
          .doc(
              "Keep the data of a replica whose master is empty and has a new replication"
                  + " ID, as after a loss of its data. The link then stays down.");

  public final IntDirective replPingReplicaPeriod =
      integer("repl-ping-replica-period", 10)
          .between(1, Integer.MAX_VALUE)
          .alias("repl-ping-slave-period")
          .doc("Seconds between pings from a master to its replicas.");

  public final IntDirective replTimeout =
      integer("repl-timeout", 60)
          .between(1, Integer.MAX_VALUE)
          .doc(
              "Seconds without data or pings after which master and replica drop the "
                  + "link; must exceed repl-ping-replica-period.");

  public final YesNoDirective replDisableTcpNodelay =
      yesNo("repl-disable-tcp-nodelay", false)
          .doc("Delay small packets to replicas to combine them.");

  public final MemoryDirective replBacklogSize =
      memory("repl-backlog-size", 1 << 20)
          .between(1, Long.MAX_VALUE)
          .keptAtLeast(16 << 10)
          .doc(
              "The size of the backlog, from which a reconnected replica continues "
                  + "without a full sync.");

  public final LongDirective replBacklogTtl =
      number("repl-backlog-ttl", 3600)
          .doc("Seconds without replicas after which the backlog is freed; 0 for never.");

  public final IntDirective replicaPriority =
      integer("replica-priority", 100)
          .alias("slave-priority")
          .doc("Sentinels prefer the replica with the lowest number; 0 is never promoted.");

  public final YesNoDirective replicaAnnounced =
      yesNo("replica-announced", true).doc("Show this replica in the replies of sentinels.");

  public final IntDirective readyMaxLag =
      integer("ready-max-lag", 30)
          .between(0, Integer.MAX_VALUE)
          .doc(
              "The seconds without a byte from the master after which /readyz of a replica fails; 0"
                  + " for no limit. Masters ping every repl-ping-replica-period.");

  public final IntDirective minReplicasToWrite =
      integer("min-replicas-to-write", 0)
          .alias("min-slaves-to-write")
          .doc("Refuse writes while fewer replicas than this are up to date; 0 disables it.");

  public final IntDirective minReplicasMaxLag =
      integer("min-replicas-max-lag", 10)
          .alias("min-slaves-max-lag")
          .doc("The maximum lag of an up-to-date replica in seconds; 0 disables it.");

  public final WriteAcksDirective writeAcks =
      add(new WriteAcksDirective())
          .doc(
              "The number of replicas that must acknowledge a write before its reply is"
                  + " sent, or majority: enough to form a majority together with the master. 0"
                  + " sends replies at once. The server serves other requests meanwhile.");

  public final IntDirective writeAcksTimeout =
      integer("write-acks-timeout", 1000)
          .doc(
              "Milliseconds after which a write without enough acknowledgements is answered with"
                  + " the error UNACKED: it was applied here, but may be lost in a failover. 0"
                  + " waits without limit.");

  public final YesNoDirective writeAcksDurable =
      yesNo("write-acks-durable", false)
          .doc(
              "Count a replica only once the write is durable there. The replicas must have"
                  + " appendonly yes; with appendfsync always they sync at once.");

  public final YesNoDirective writeAcksReads =
      yesNo("write-acks-reads", false)
          .doc(
              "Let replies to reads, too, wait for replicas, so that clients of this master"
                  + " read neither writes that may still be lost nor, while the master is"
                  + " partitioned, outdated data.");

  public final TextDirective replicaAnnounceIp =
      text("replica-announce-ip", "")
          .alias("slave-announce-ip")
          .shown(
              "5.5.5.5",
              "The address that a replica announces to its master, if it is behind "
                  + "NAT or in a container.");

  public final IntDirective replicaAnnouncePort =
      integer("replica-announce-port", 0)
          .between(0, 65535)
          .alias("slave-announce-port")
          .shown("1234", "The port that a replica announces.");

  public final HostPortsDirective rejoinSentinels =
      add(new HostPortsDirective("rejoin-sentinels"))
          .shown(
              "10.0.0.1:26379 10.0.0.2:26379",
              "Sentinels to ask after a restart whether this server is still the master, in"
                  + " addition to the ones that it remembers.");

  public final TextDirective rejoinAuthUser =
      text("rejoin-auth-user", "")
          .shown("asker", "The user for authentication to these sentinels.");

  public final TextDirective rejoinAuthPass =
      text("rejoin-auth-pass", "")
          .sensitive()
          .shown("secret", "The password for authentication to these sentinels.");

  public final IntDirective rejoinTimeout =
      integer("rejoin-timeout", 10_000)
          .between(0, Integer.MAX_VALUE)
          .doc(
              "Milliseconds for which a restarted master with sentinels refuses "
                  + "writes until they have answered; 0 disables it.");

  public final YesNoDirective sentinelLease =
      yesNo("sentinel-lease", false)
          .doc(
              "Accept writes as a master only while it holds a lease: a majority of the"
                  + " Redoubt sentinels that monitor it have promised, less than"
                  + " down-after-milliseconds ago, to promote no other node. Other servers of the"
                  + " group must have the same setting. The loss of most sentinels stops writes.");

  public final YesNoDirective replicaIgnoreMaxmemory =
      yesNo("replica-ignore-maxmemory", true)
          .alias("slave-ignore-maxmemory")
          .doc("Leave eviction on a replica to its master.");

  public final YesNoDirective replicaLazyFlush =
      yesNo("replica-lazy-flush", false)
          .alias("slave-lazy-flush")
          .acceptedWithoutEffectExcept(List.of(true))
          .doc("Free a replica's old data in the background before a full sync.");

  public final ChoiceDirective<PropagationErrors> propagationErrorBehavior =
      choice("propagation-error-behavior", PropagationErrors.IGNORE)
          .acceptedWithoutEffect()
          .doc(
              "The reaction of a replica to a failing command of its master: ignore, "
                  + "panic, panic-on-replicas.");

  /** Returns true if writes require a minimum number of good replicas. */
  public boolean needsGoodReplicas() {
    return minReplicasToWrite.value() > 0 && minReplicasMaxLag.value() > 0;
  }

  /** Returns the AUTH request for a master, empty without a password. */
  public List<String> login() {
    String user = masteruser.value();
    String password = masterauth.value();
    if (password.isEmpty()) {
      return List.of();
    }
    return user.isEmpty() ? List.of("AUTH", password) : List.of("AUTH", user, password);
  }
}
