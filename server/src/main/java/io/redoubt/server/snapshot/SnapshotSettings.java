package io.redoubt.server.snapshot;

import java.nio.file.Path;
import java.util.List;

/** What the configuration says about snapshots; asked anew each time, as CONFIG SET changes it. */
public interface SnapshotSettings {

  /** The directory of the file ({@code dir}), absolute. */
  Path directory();

  /** The name of the file ({@code dbfilename}). */
  String fileName();

  /** Whether strings are compressed ({@code rdbcompression}). */
  boolean compress();

  /**
   * Whether the file ends in a checksum, and whether it is compared when loading ({@code
   * rdbchecksum}).
   */
  boolean checksum();

  /**
   * Whether the file is synchronised to disk while it is written ({@code
   * rdb-save-incremental-fsync}, and for the base of an append-only file {@code
   * aof-rewrite-incremental-fsync}).
   */
  boolean syncWhileWriting(boolean isAofBase);

  /** The rules of {@code save}; empty: no saving on its own. */
  List<SavePoint> savePoints();

  /**
   * Whether writes are refused after a failed background save ({@code
   * stop-writes-on-bgsave-error}).
   */
  boolean stopWritesOnError();

  /** Microseconds that saving a key takes longer, for tests ({@code rdb-key-save-delay}). */
  long keySaveDelayMicros();

  /** Microseconds that loading a key takes longer, for tests ({@code key-load-delay}). */
  long keyLoadDelayMicros();

  /** Values of more elements are not written at once, but bit by bit between commands. */
  long largeElements();

  /** The lowest RDB version to write. */
  int version();

  /** What is written of when and how often keys were accessed. */
  Accesses accesses();

  /** What is written of when and how often keys were accessed. */
  enum Accesses {
    /** Nothing: no eviction policy needs it. */
    NOT_TOLD,
    /** How long ago the last access was. */
    IDLE,
    /** The counter of accesses. */
    FREQUENCY
  }
}
