package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.config.CommonDirectives;
import io.redoubt.protocol.config.FileWord;
import java.util.List;

/**
 * The directives of sentinel.conf: those of every process, and the lines of the sentinel itself.
 */
public final class SentinelDirectives extends CommonDirectives {
  /** Where a sentinel listens unless told otherwise. */
  public static final int DEFAULT_PORT = 26379;

  /**
   * Words that only a data server understands. A file that was made from a redis.conf has them;
   * they stay in it and mean nothing here, as with Redis.
   */
  private static final List<String> OF_DATA_SERVERS =
      List.of(
          "active-defrag-cycle-max",
          "active-defrag-cycle-min",
          "activedefrag",
          "activerehashing",
          "aof-load-truncated",
          "aof-rewrite-incremental-fsync",
          "aof-use-rdb-preamble",
          "appenddirname",
          "appendfilename",
          "appendfsync",
          "appendonly",
          "auto-aof-rewrite-min-size",
          "auto-aof-rewrite-percentage",
          "databases",
          "dbfilename",
          "dynamic-hz",
          "hash-max-listpack-entries",
          "hash-max-listpack-value",
          "hash-max-ziplist-entries",
          "hash-max-ziplist-value",
          "hll-sparse-max-bytes",
          "hz",
          "io-threads",
          "io-threads-do-reads",
          "jemalloc-bg-thread",
          "key-load-delay",
          "latency-monitor-threshold",
          "latency-tracking",
          "latency-tracking-info-percentiles",
          "lazyfree-lazy-eviction",
          "lazyfree-lazy-expire",
          "lazyfree-lazy-server-del",
          "lazyfree-lazy-user-del",
          "lazyfree-lazy-user-flush",
          "list-compress-depth",
          "list-max-listpack-size",
          "list-max-ziplist-size",
          "lua-time-limit",
          "masterauth",
          "masteruser",
          "maxmemory",
          "maxmemory-policy",
          "min-replicas-max-lag",
          "min-replicas-to-write",
          "no-appendfsync-on-rewrite",
          "notify-keyspace-events",
          "oom-score-adj",
          "oom-score-adj-values",
          "rdb-del-sync-files",
          "rdb-key-save-delay",
          "rdb-save-incremental-fsync",
          "rdbchecksum",
          "rdbcompression",
          "repl-backlog-size",
          "repl-disable-tcp-nodelay",
          "repl-diskless-load",
          "repl-diskless-sync",
          "repl-diskless-sync-delay",
          "repl-diskless-sync-period",
          "repl-timeout",
          "replica-lazy-flush",
          "replica-priority",
          "replica-read-only",
          "replica-serve-stale-data",
          "save",
          "set-max-intset-entries",
          "shutdown-timeout",
          "slave-priority",
          "slave-read-only",
          "slave-serve-stale-data",
          "slowlog-log-slower-than",
          "slowlog-max-len",
          "stop-writes-on-bgsave-error",
          "stream-node-max-bytes",
          "stream-node-max-entries",
          "zset-max-listpack-entries",
          "zset-max-listpack-value",
          "zset-max-ziplist-entries",
          "zset-max-ziplist-value");

  /** What the lines that begin with {@code sentinel} say. */
  private final SentinelWords words = new SentinelWords();

  /** The lines that begin with {@code sentinel}. */
  public final FileWord sentinel;

  /** A sentinel that nothing was told: other sentinels must reach it, so it is not protected. */
  public SentinelDirectives() {
    port.set(DEFAULT_PORT);
    protectedMode.set(false);
    section("SENTINEL");
    sentinel =
        fileWord("sentinel")
            .arguments(2, 5)
            .keyWords(3)
            .onRead(words::read)
            .shown(
                "monitor mymaster 127.0.0.1 6379 2",
                "What is watched (a name, an address, how many sentinels must agree that it is"
                    + " down), with what limits, and what the sentinel itself keeps here.");
    OF_DATA_SERVERS.forEach(this::fileWord);
  }

  /** What the lines that begin with {@code sentinel} say. */
  public SentinelWords words() {
    return words;
  }
}
