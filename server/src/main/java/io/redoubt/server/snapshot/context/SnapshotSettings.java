package io.redoubt.server.snapshot.context;

import java.nio.file.Path;
import java.util.List;

/** The configuration of snapshots. Values are read at each use because CONFIG SET changes them. */
public interface SnapshotSettings {

  /** Returns the absolute path of the file's directory ({@code dir}). */
  Path directory();

  /** Returns the name of the file ({@code dbfilename}). */
  String fileName();

  /** Returns true if strings are compressed ({@code rdbcompression}). */
  boolean compress();

  /**
   * Returns true if the file ends with a checksum, which is verified on loading ({@code
   * rdbchecksum}).
   */
  boolean checksum();

  /**
   * Returns true if the file is synced incrementally ({@code rdb-save-incremental-fsync}, and for
   * the base of an append-only file {@code aof-rewrite-incremental-fsync}).
   */
  boolean syncWhileWriting(boolean isAofBase);

  /** Returns the save points; empty if automatic saving is off. */
  List<SavePoint> savePoints();

  /**
   * Returns true if writes are refused after a failed background save ({@code
   * stop-writes-on-bgsave-error}).
   */
  boolean stopWritesOnError();

  /** Returns the delay per saved key in microseconds, for tests ({@code rdb-key-save-delay}). */
  long keySaveDelayMicros();

  /** Returns the delay per loaded key in microseconds, for tests ({@code key-load-delay}). */
  long keyLoadDelayMicros();

  /** Returns the number of elements beyond which a value is written in parts between commands. */
  long largeElements();

  /**
   * Returns the share of the loop's time that the walk may take while commands run, in percent
   * ({@code snapshot-loop-percent}, {@code full-sync-loop-percent}).
   *
   * @param isAwaited true if replicas wait for the snapshot
   */
  int loopPercent(boolean isAwaited);

  /**
   * Returns true if the writer thread pauses while processors are scarce ({@code
   * snapshot-thread-rests}).
   */
  boolean threadRests();

  /** Returns the RDB version to write; contents that need a newer one raise it. */
  int version();

  /** Returns the access metadata to write. */
  Accesses accesses();

  /** The access metadata written with each key. */
  enum Accesses {
    /** None: no eviction policy needs it. */
    NOT_TOLD,
    /** The idle time. */
    IDLE,
    /** The access counter. */
    FREQUENCY
  }
}
