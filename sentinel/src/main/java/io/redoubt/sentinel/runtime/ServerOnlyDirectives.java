package io.redoubt.sentinel.runtime;

import java.util.List;

/**
 * The names of directives that only data servers use. Like Redis, a sentinel accepts and ignores
 * them, because its file may have been derived from a redis.conf, or may include a file shared with
 * servers. A test in {@code dist} compares them with the declarations of the data server.
 */
final class ServerOnlyDirectives {
  private static final String TEXT =
      """
      active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes
      active-defrag-max-scan-fields active-defrag-threshold-lower
      active-defrag-threshold-upper active-expire-effort activedefrag activerehashing
      aof-commit-journal aof-disable-auto-gc aof-load-truncated aof-loop-wait-micros
      aof-rewrite-cpulist aof-rewrite-incremental-fsync aof-timestamp-enabled
      aof-use-rdb-preamble aof_rewrite_cpulist appenddirname appendfilename appendfsync
      appendonly auto-aof-rewrite-min-size auto-aof-rewrite-percentage availability-zone
      bgsave-cpulist bgsave_cpulist bio-cpulist bio_cpulist busy-reply-threshold
      cgroup-memory-guard cluster-allow-pubsubshard-when-down cluster-allow-reads-when-down
      cluster-allow-replica-migration cluster-announce-bus-port cluster-announce-hostname
      cluster-announce-human-nodename cluster-announce-ip cluster-announce-port
      cluster-announce-tls-port cluster-config-file cluster-databases cluster-enabled
      cluster-link-sendbuf-limit
      cluster-migration-barrier cluster-node-timeout cluster-ping-interval cluster-port
      cluster-preferred-endpoint-type cluster-replica-no-failover
      cluster-replica-validity-factor cluster-require-full-coverage cluster-slave-no-failover
      cluster-slave-validity-factor cluster-slot-stats-enabled
      commandlog-execution-slower-than commandlog-large-reply-max-len
      commandlog-large-request-max-len commandlog-reply-larger-than
      commandlog-request-larger-than commandlog-slow-execution-max-len databases dbfilename
      disable-thp dual-channel-replication-enabled dynamic-hz events-per-io-thread
      extended-redis-compatibility full-sync-loop-percent gathering-micros hash-field-expiry
      hash-max-listpack-entries hash-max-listpack-value hash-max-ziplist-entries
      hash-max-ziplist-value hash-seed hll-sparse-max-bytes hz ignore-warnings import-mode
      io-threads io-threads-always-active io-threads-do-reads jemalloc-bg-thread key-load-delay
      latency-monitor-threshold latency-tracking latency-tracking-info-percentiles
      lazyfree-lazy-eviction lazyfree-lazy-expire lazyfree-lazy-server-del
      lazyfree-lazy-user-del lazyfree-lazy-user-flush lfu-decay-time lfu-log-factor
      list-compress-depth list-max-listpack-size list-max-ziplist-entries
      list-max-ziplist-size list-max-ziplist-value loading-process-events-interval-bytes
      loadmodule lookahead lua-enable-deprecated-api lua-replicate-commands lua-time-limit
      masterauth masterauth-file masteruser max-new-connections-per-cycle
      max-new-tls-connections-per-cycle maxmemory maxmemory-eviction-tenacity maxmemory-policy
      maxmemory-samples min-replicas-max-lag min-replicas-to-write min-slaves-max-lag
      min-slaves-to-write no-appendfsync-on-rewrite notify-keyspace-events oom-score-adj
      oom-score-adj-values prefetch-batch-max-size primaryauth primaryuser
      propagation-error-behavior rdb-del-sync-files rdb-key-save-delay
      rdb-save-incremental-fsync rdb-write-version rdbchecksum rdbcompression ready-max-lag
      rejoin-auth-pass rejoin-auth-user rejoin-sentinels rejoin-timeout repl-backlog-size
      repl-backlog-ttl repl-disable-tcp-nodelay repl-diskless-load repl-diskless-sync
      repl-diskless-sync-delay repl-diskless-sync-max-replicas repl-full-sync-rate
      repl-interleaved-sync repl-max-concurrent-full-syncs repl-ping-replica-period
      repl-ping-slave-period repl-spill-dir repl-spill-max repl-timeout replica-announce-ip
      replica-announce-port replica-announced replica-ignore-disk-write-errors
      replica-ignore-maxmemory replica-lazy-flush replica-priority replica-read-only
      replica-refuse-empty-master replica-serve-stale-data replicaof sanitize-dump-payload
      save sentinel-lease server-cpulist server_cpulist set-max-intset-entries
      set-max-listpack-entries set-max-listpack-value shutdown-on-sigint shutdown-on-sigterm
      shutdown-timeout slave-announce-ip slave-announce-port slave-ignore-maxmemory
      slave-lazy-flush slave-priority slave-read-only slave-serve-stale-data slaveof
      slowlog-log-slower-than slowlog-max-len snapshot-loop-percent snapshot-thread-rests
      stop-writes-on-bgsave-error stream-idmp-duration stream-idmp-maxsize
      stream-node-max-bytes stream-node-max-entries tracking-table-max-keys watchdog-period
      write-acks write-acks-durable write-acks-reads write-acks-timeout
      zset-max-listpack-entries zset-max-listpack-value zset-max-ziplist-entries
      zset-max-ziplist-value
      """;

  /** All names, including those of older and later versions. */
  static final List<String> NAMES = List.of(TEXT.strip().split("\\s+"));

  private ServerOnlyDirectives() {}
}
