package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.config.FileWord;
import io.redoubt.protocol.config.TlsDirectives;
import java.util.List;

/**
 * The directives of sentinel.conf: those of every process, and the lines of the sentinel itself.
 */
public final class SentinelDirectives extends TlsDirectives {
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
    port.defaultsTo(DEFAULT_PORT);
    protectedMode.defaultsTo(false);
    bind.shipped("* -::*");
    pidfile.shipped("/var/run/redis-sentinel.pid");
    section("SENTINEL");
    sentinel =
        fileWord("sentinel")
            .arguments(1, Integer.MAX_VALUE)
            .keyWords(3)
            .anyBytes()
            .onRead(words::read)
            .shipped(
                "monitor mymaster 127.0.0.1 6379 2",
                "A master to watch: the name that it is asked for by, where it is, and how many"
                    + " sentinels have to agree that it is down. Its replicas and the other"
                    + " sentinels are found through it, and written to the end of this file.")
            .shown(
                "auth-pass mymaster secret",
                "The password of the master and its replicas; auth-user names a user.")
            .shipped(
                "down-after-milliseconds mymaster 30000",
                "How many milliseconds a node has to be silent to be taken for down.")
            .shipped(
                "parallel-syncs mymaster 1",
                "How many replicas at once are pointed at a new master after a failover: while"
                    + " they load its data they don't serve.")
            .shipped(
                "failover-timeout mymaster 180000",
                "Milliseconds after which a step of a failover counts as failed, and how long a"
                    + " sentinel leaves it to another one that leads it before it tries itself.")
            .shown(
                "notification-script mymaster /var/redis/notify.sh",
                "A program to run for each event of level warning, with its type and text.")
            .shown(
                "client-reconfig-script mymaster /var/redis/reconfig.sh",
                "A program to run when the master's address changes, with master-name, role, state,"
                    + " from-ip, from-port, to-ip, to-port.")
            .shipped(
                "deny-scripts-reconfig yes",
                "Whether SENTINEL SET can't change these two programs.")
            .shown(
                "rename-command mymaster CONFIG GUESSME",
                "How the master and its replicas call a command that they have renamed.")
            .shipped(
                "master-reboot-down-after-period mymaster 0",
                "How many milliseconds a restarted master may take to load its data before it"
                    + " counts as down; 0 leaves this rule out.")
            .shown(
                "forget-after mymaster 86400000",
                "After how many milliseconds a replica that is down, and that the master does not"
                    + " know any more, is forgotten; 0, the default, for never.")
            .shown(
                "announce-ip 1.2.3.4",
                "The address that the other sentinels are told, where it isn't the one that"
                    + " connections come from; announce-port goes with it.")
            .shipped(
                "resolve-hostnames no", "Whether masters may be given by name instead of address.")
            .shipped(
                "announce-hostnames no", "Whether clients are told names instead of addresses.")
            .shown(
                "sentinel-pass secret",
                "The password that this sentinel gives the others; sentinel-user names a user.");
    OF_DATA_SERVERS.forEach(this::ignored);
  }

  /**
   * Looks at what only shows when all lines are read.
   *
   * @throws FatalConfigError that names the line
   */
  public void finish() throws FatalConfigError {
    try {
      words.finish(dir.value());
    } catch (SentinelWords.WrongLine e) {
      throw sentinel.error(e.index(), e.reason());
    }
  }

  /** What the lines that begin with {@code sentinel} say. */
  public SentinelWords words() {
    return words;
  }
}
