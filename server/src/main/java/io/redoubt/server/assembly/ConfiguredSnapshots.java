package io.redoubt.server.assembly;

import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.context.SavePoint;
import io.redoubt.server.snapshot.context.SnapshotSettings;
import java.nio.file.Path;
import java.util.List;

/** The settings of snapshots, read from the directives. */
record ConfiguredSnapshots(ServerDirectives settings) implements SnapshotSettings {

  /** The threshold of large values: it keeps the delay of commands short and has no directive. */
  private static final long LARGE_ELEMENTS = 1024;

  @Override
  public long largeElements() {
    return LARGE_ELEMENTS;
  }

  @Override
  public Path directory() {
    return settings.path("");
  }

  @Override
  public String fileName() {
    return settings.persistence.dbfilename.value();
  }

  @Override
  public boolean compress() {
    return settings.persistence.rdbcompression.value();
  }

  @Override
  public boolean checksum() {
    return settings.persistence.rdbchecksum.value();
  }

  @Override
  public boolean syncWhileWriting(boolean isAofBase) {
    return isAofBase
        ? settings.persistence.aofRewriteIncrementalFsync.value()
        : settings.persistence.rdbSaveIncrementalFsync.value();
  }

  @Override
  public List<SavePoint> savePoints() {
    return settings.persistence.save.value().stream()
        .map(point -> new SavePoint(point.seconds(), point.changes()))
        .toList();
  }

  @Override
  public boolean stopWritesOnError() {
    return settings.persistence.stopWritesOnBgsaveError.value();
  }

  @Override
  public long keySaveDelayMicros() {
    return settings.persistence.rdbKeySaveDelay.value();
  }

  @Override
  public long keyLoadDelayMicros() {
    return settings.persistence.keyLoadDelay.value();
  }

  @Override
  public int loopPercent(boolean isAwaited) {
    return (isAwaited ? settings.tuning.fullSyncLoopPercent : settings.tuning.snapshotLoopPercent)
        .value();
  }

  @Override
  public boolean threadRests() {
    return settings.tuning.snapshotThreadRests.value();
  }

  @Override
  public int version() {
    return settings.persistence.rdbWriteVersion.value();
  }

  @Override
  public Accesses accesses() {
    return switch (settings.memory.maxmemoryPolicy.value()) {
      case ALLKEYS_LRU, ALLKEYS_LRM, VOLATILE_LRU, VOLATILE_LRM -> Accesses.IDLE;
      case ALLKEYS_LFU, VOLATILE_LFU -> Accesses.FREQUENCY;
      default -> Accesses.NOT_TOLD;
    };
  }
}
