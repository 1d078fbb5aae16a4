package io.redoubt.server;

import io.redoubt.protocol.config.ClientClass;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.protocol.session.OutputLimit;
import io.redoubt.protocol.session.SessionSettings;
import io.redoubt.server.settings.ServerDirectives;
import io.redoubt.server.snapshot.SavePoint;
import io.redoubt.server.snapshot.SnapshotSettings;
import java.nio.file.Path;
import java.util.List;

/** The configuration as clients and snapshots ask for it. */
final class BoundSettings {
  private BoundSettings() {}

  /** What clients ask. */
  record ForClients(ServerDirectives settings) implements SessionSettings {
    @Override
    public int maxClients() {
      return (int) Math.min(settings.maxclients.value(), Integer.MAX_VALUE);
    }

    @Override
    public long queryBufferLimitBytes() {
      return settings.clientQueryBufferLimit.value();
    }

    @Override
    public OutputLimit outputLimit(ClientType type) {
      ClientClass clients =
          switch (type) {
            case REPLICA -> ClientClass.REPLICA;
            case PUBSUB -> ClientClass.PUBSUB;
            case NORMAL, MASTER -> ClientClass.NORMAL;
          };
      var limit = settings.clientOutputBufferLimit.of(clients);
      return new OutputLimit(limit.hardBytes(), limit.softBytes(), limit.softSeconds());
    }

    @Override
    public int idleTimeoutSeconds() {
      return settings.timeout.value();
    }

    @Override
    public int tcpKeepaliveSeconds() {
      return settings.tcpKeepalive.value();
    }

    @Override
    public boolean protectedMode() {
      return settings.protectedMode.value();
    }
  }

  /** What snapshots ask. */
  record ForSnapshots(ServerDirectives settings) implements SnapshotSettings {
    @Override
    public Path directory() {
      return settings.path("");
    }

    @Override
    public String fileName() {
      return settings.dbfilename.value();
    }

    @Override
    public boolean compress() {
      return settings.rdbcompression.value();
    }

    @Override
    public boolean checksum() {
      return settings.rdbchecksum.value();
    }

    @Override
    public boolean syncWhileWriting() {
      return settings.rdbSaveIncrementalFsync.value();
    }

    @Override
    public List<SavePoint> savePoints() {
      return settings.save.value().stream()
          .map(point -> new SavePoint(point.seconds(), point.changes()))
          .toList();
    }

    @Override
    public boolean stopWritesOnError() {
      return settings.stopWritesOnBgsaveError.value();
    }

    @Override
    public long keySaveDelayMicros() {
      return settings.rdbKeySaveDelay.value();
    }

    @Override
    public long keyLoadDelayMicros() {
      return settings.keyLoadDelay.value();
    }
  }
}
