package io.redoubt.server.execution.refusal;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Flag;

/**
 * The states in which the server refuses some commands. A command has a mask of the states that
 * refuse it, the server a mask of its current states; in the common case one AND decides.
 *
 * <p>The order is that of Redis' checks: the first state that applies determines the error.
 */
public enum Refusal {
  /** {@code maxmemory} is exceeded and eviction did not help. */
  OUT_OF_MEMORY("OOM command not allowed when used memory > 'maxmemory'."),
  /** The region, or the memory limit of the process, is exhausted except for a reserve. */
  OUT_OF_ROOM("OOM command not allowed: memory is exhausted."),
  /** The last snapshot failed, and {@code stop-writes-on-bgsave-error} is set. */
  SNAPSHOT_FAILED(
      "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to"
          + " disk. Commands that may modify the data set are disabled, because this instance is"
          + " configured to report errors during writes if RDB snapshotting fails"
          + " (stop-writes-on-bgsave-error option). Please check the Redis logs for details about"
          + " the RDB error."),
  /** The append-only file cannot be written; {@link ServerState#reason} has the reason. */
  APPEND_FAILED("MISCONF Errors writing to the AOF file: Input/output error"),
  /** There are fewer good replicas than {@code min-replicas-to-write}. */
  TOO_FEW_REPLICAS("NOREPLICAS Not enough good replicas to write."),
  /** A replica with {@code replica-read-only yes}. */
  READ_ONLY_REPLICA("READONLY You can't write against a read only replica."),
  /** A restarted master whose role sentinels have not confirmed yet. */
  REJOINING("READONLY You can't write against a read only replica."),
  /**
   * A deposed master: it was replaced under a newer configuration epoch. Clients react to READONLY
   * as after a failover.
   */
  FENCED("READONLY You can't write against a read only replica."),
  /** A master that may lack writes which its group has acknowledged. The same error again. */
  LACKS_WRITES("READONLY You can't write against a read only replica."),
  /**
   * A master that requires a lease from its sentinels and holds none. The error is READONLY, too,
   * since the sentinels may have promoted another master.
   */
  WITHOUT_LEASE("READONLY You can't write against a read only replica."),
  /** A replica that is disconnected from its master, with {@code replica-serve-stale-data no}. */
  STALE_REPLICA("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
  /** A replica that dropped its data set for a full sync that failed. */
  INCOMPLETE(
      "MASTERDOWN Link with MASTER is down and its full sync has failed: the data set is"
          + " incomplete."),
  /** The data set is being loaded. */
  LOADING("LOADING Redis is loading the dataset in memory"),
  /** A master's data set is being loaded while the old one is served. */
  LOADING_BESIDE("LOADING Redis is loading the dataset in memory"),
  /** A script runs for longer than {@code busy-reply-threshold}. */
  BUSY_SCRIPT(
      "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
  /** A function runs for longer than {@code busy-reply-threshold}. */
  BUSY_FUNCTION(
      "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");

  /** The states that refuse writes. */
  public static final int WRITES =
      SNAPSHOT_FAILED.bit()
          | APPEND_FAILED.bit()
          | TOO_FEW_REPLICAS.bit()
          | READ_ONLY_REPLICA.bit()
          | REJOINING.bit()
          | FENCED.bit()
          | LACKS_WRITES.bit()
          | WITHOUT_LEASE.bit();

  /** The states that refuse commands that need memory. */
  public static final int ROOM = OUT_OF_MEMORY.bit() | OUT_OF_ROOM.bit();

  /** The states in which a replica may have no data or stale data. */
  public static final int STALE = STALE_REPLICA.bit() | INCOMPLETE.bit();

  /** The states of a busy script or function. */
  public static final int BUSY = BUSY_SCRIPT.bit() | BUSY_FUNCTION.bit();

  private final CommandError error;

  Refusal(String error) {
    this.error = new CommandError(error);
  }

  public CommandError error() {
    return error;
  }

  /** Returns this state as one bit of a mask. */
  public int bit() {
    return 1 << ordinal();
  }

  /** Returns the states that refuse a command, as a mask of {@link #bit()}. */
  public static int refusing(Command<?> command) {
    int mask = 0;
    if (command.has(Flag.WRITE)) {
      mask |= WRITES;
    }
    if (command.name().equals("ping")) {
      mask |=
          SNAPSHOT_FAILED.bit() | APPEND_FAILED.bit(); // so that monitoring detects a failing disk
    }
    if (command.has(Flag.DENYOOM)) {
      mask |= ROOM;
    }
    if (!command.has(Flag.STALE)) {
      mask |= STALE;
    }
    if (!command.has(Flag.LOADING)) {
      mask |= LOADING.bit();
    }
    if (command.has(Flag.NO_ASYNC_LOADING)) {
      mask |= LOADING_BESIDE.bit();
    }
    if (!command.has(Flag.ALLOW_BUSY)) {
      mask |= BUSY;
    }
    return mask;
  }

  /** Returns the first state of {@code mask} in the order of the checks. */
  public static Refusal first(int mask) {
    return VALUES[Integer.numberOfTrailingZeros(mask)];
  }

  private static final Refusal[] VALUES = values();
}
