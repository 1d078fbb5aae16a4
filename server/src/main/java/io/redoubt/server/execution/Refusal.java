package io.redoubt.server.execution;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Flag;

/**
 * The states of the server in which it refuses some commands. A command has a mask of the states
 * that refuse it, the server a mask of the states it is in: one AND tells the common case.
 *
 * <p>The order is Redis' own order of checking: the first that applies gives the error text.
 */
public enum Refusal {
  /** {@code maxmemory} is exceeded and eviction could not help. */
  OUT_OF_MEMORY("OOM command not allowed when used memory > 'maxmemory'."),
  /** The region, or the memory that its process may have, is exhausted but for a reserve. */
  OUT_OF_ROOM("OOM command not allowed: memory is exhausted."),
  /** The last snapshot could not be written, and {@code stop-writes-on-bgsave-error} is set. */
  SNAPSHOT_FAILED(
      "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to"
          + " disk. Commands that may modify the data set are disabled, because this instance is"
          + " configured to report errors during writes if RDB snapshotting fails"
          + " (stop-writes-on-bgsave-error option). Please check the Redis logs for details about"
          + " the RDB error."),
  /** The append-only file cannot be written; the reason stands in {@link ServerState#reason}. */
  APPEND_FAILED("MISCONF Errors writing to the AOF file: Input/output error"),
  /** Fewer good replicas than {@code min-replicas-to-write}. */
  TOO_FEW_REPLICAS("NOREPLICAS Not enough good replicas to write."),
  /** A replica with {@code replica-read-only yes}. */
  READ_ONLY_REPLICA("READONLY You can't write against a read only replica."),
  /** A master that came back and does not know yet whether it still is one. */
  REJOINING("READONLY You can't write against a read only replica."),
  /** A replica without its master, with {@code replica-serve-stale-data no}. */
  STALE_REPLICA("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
  /** The data set is being loaded. */
  LOADING("LOADING Redis is loading the dataset in memory"),
  /** A master's data set is being loaded beside this one, which is served meanwhile. */
  LOADING_BESIDE("LOADING Redis is loading the dataset in memory"),
  /** A script runs for longer than {@code busy-reply-threshold}. */
  BUSY_SCRIPT(
      "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
  /** A function does. */
  BUSY_FUNCTION(
      "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");

  /** The states that refuse what writes. */
  static final int WRITES =
      SNAPSHOT_FAILED.bit()
          | APPEND_FAILED.bit()
          | TOO_FEW_REPLICAS.bit()
          | READ_ONLY_REPLICA.bit()
          | REJOINING.bit();

  /** The states that refuse what takes memory. */
  static final int ROOM = OUT_OF_MEMORY.bit() | OUT_OF_ROOM.bit();

  /** A script or function is busy. */
  static final int BUSY = BUSY_SCRIPT.bit() | BUSY_FUNCTION.bit();

  private final CommandError error;

  Refusal(String error) {
    this.error = new CommandError(error);
  }

  /** The error reply, with its code. */
  public CommandError error() {
    return error;
  }

  /** This state as one bit of a mask. */
  public int bit() {
    return 1 << ordinal();
  }

  /** The states that refuse a command, as a mask of {@link #bit()}. */
  public static int refusing(Command<?> command) {
    int mask = 0;
    if (command.has(Flag.WRITE)) {
      mask |= WRITES;
    }
    if (command.name().equals("ping")) {
      mask |=
          SNAPSHOT_FAILED.bit()
              | APPEND_FAILED.bit(); // so that monitoring notices a disk that fails
    }
    if (command.has(Flag.DENYOOM)) {
      mask |= ROOM;
    }
    if (!command.has(Flag.STALE)) {
      mask |= STALE_REPLICA.bit();
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

  /** The first state of {@code mask} in the order of checking. */
  static Refusal first(int mask) {
    return VALUES[Integer.numberOfTrailingZeros(mask)];
  }

  private static final Refusal[] VALUES = values();
}
