package io.redoubt.server.execution;

/**
 * What {@link Latency} tells apart, by the names that Redis has for them. There is no fork, and no
 * defragmentation.
 */
public enum LatencyEvent {
  /** A command that is not declared to be fast. */
  COMMAND("command"),
  /** A command that is declared to be fast. */
  FAST_COMMAND("fast-command"),
  /** A slice of removing keys that are due. */
  EXPIRE_CYCLE("expire-cycle"),
  /** A slice of removing keys for {@code maxmemory}. */
  EVICTION_CYCLE("eviction-cycle"),
  /** The removal of one key for {@code maxmemory}. */
  EVICTION_DEL("eviction-del"),
  /** Writing to the append-only file, whatever else goes on: each such event has another name. */
  AOF_WRITE("aof-write"),
  /** Writing to the append-only file while it is being forced to the disk. */
  AOF_WRITE_PENDING_FSYNC("aof-write-pending-fsync"),
  /** Writing to the append-only file while a snapshot is being written. */
  AOF_WRITE_ACTIVE_CHILD("aof-write-active-child"),
  /** Writing to the append-only file while nothing else goes on. */
  AOF_WRITE_ALONE("aof-write-alone"),
  /** Forcing to the disk what replies wait for; the loop goes on meanwhile. */
  AOF_FSYNC_ALWAYS("aof-fsync-always"),
  /** Giving a rewritten append-only file its name, manifest included; the loop goes on. */
  AOF_RENAME("aof-rename"),
  /** Removing what a snapshot has written that was given up; the loop goes on. */
  RDB_UNLINK_TEMP_FILE("rdb-unlink-temp-file");

  private final String label;

  LatencyEvent(String label) {
    this.label = label;
  }

  /** The name in commands and replies. */
  public String label() {
    return label;
  }
}
