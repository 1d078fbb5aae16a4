package io.redoubt.server.execution.monitoring;

/**
 * The events of {@link Latency}, under Redis' names. Others of Redis cannot occur here:
 *
 * <ul>
 *   <li>fork: there is none.
 *   <li>expire-del, eviction-lazyfree: a key is removed in constant time, and its value is freed in
 *       slices that nothing waits for.
 *   <li>aof-fstat, while-blocked-cron: files are measured without the system, and the cron stands
 *       still while the loop is busy.
 *   <li>command-unblocking, module-acquire-GIL: these are of modules.
 * </ul>
 */
public enum LatencyEvent {
  /** A command that is not declared fast. */
  COMMAND("command"),
  /** A command that is declared fast. */
  FAST_COMMAND("fast-command"),
  /** A slice of active expiry. */
  EXPIRE_CYCLE("expire-cycle"),
  /** A slice of active defragmentation. */
  ACTIVE_DEFRAG_CYCLE("active-defrag-cycle"),
  /** A slice of eviction. */
  EVICTION_CYCLE("eviction-cycle"),
  /** The eviction of one key. */
  EVICTION_DEL("eviction-del"),
  /** A write to the append-only file in any state; each such event has a second name. */
  AOF_WRITE("aof-write"),
  /** A write to the append-only file during an fsync. */
  AOF_WRITE_PENDING_FSYNC("aof-write-pending-fsync"),
  /** A write to the append-only file during a snapshot. */
  AOF_WRITE_ACTIVE_CHILD("aof-write-active-child"),
  /** A write to the append-only file otherwise. */
  AOF_WRITE_ALONE("aof-write-alone"),
  /** An fsync that replies wait for; the loop continues. */
  AOF_FSYNC_ALWAYS("aof-fsync-always"),
  /** The renaming of a rewritten append-only file, including the manifest; the loop continues. */
  AOF_RENAME("aof-rename"),
  /** The deletion of the file of an aborted snapshot; the loop continues. */
  RDB_UNLINK_TEMP_FILE("rdb-unlink-temp-file");

  private final String label;

  LatencyEvent(String label) {
    this.label = label;
  }

  /** Returns the name in commands and replies. */
  public String label() {
    return label;
  }
}
