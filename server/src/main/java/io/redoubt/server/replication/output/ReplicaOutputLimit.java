package io.redoubt.server.replication.output;

import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.server.client.ServerClient;

/**
 * The limit of the bytes that may wait for one replica ({@code client-output-buffer-limit
 * replica}), and the time for which its soft part has been exceeded.
 */
public final class ReplicaOutputLimit {
  /** The most bytes of stream made during a full sync that are kept in memory. */
  private static final long IN_MEMORY_BYTES = 16 << 20;

  private static final long NOT_EXCEEDED = -1;

  private final ServerClient client;
  private long softExceededSinceMillis = NOT_EXCEEDED;

  public ReplicaOutputLimit(ServerClient client) {
    this.client = client;
  }

  private OutputLimit configured() {
    return client.registry().settings().outputLimit(ClientType.REPLICA);
  }

  /** Returns true if there is a limit. */
  public boolean isOn() {
    OutputLimit limit = configured();
    return limit.hardBytes() > 0 || limit.softBytes() > 0;
  }

  /**
   * Returns the bytes of stream that may wait in memory during a full sync: at least what the
   * backlog keeps anyway, any number without a limit.
   */
  public long mostInMemory(long backlogBytes) {
    OutputLimit limit = configured();
    long hardBytes = limit.hardBytes() == 0 ? Long.MAX_VALUE : limit.hardBytes();
    long softBytes = limit.softBytes() == 0 ? Long.MAX_VALUE : limit.softBytes();
    long least = Math.min(hardBytes, softBytes);
    return least == Long.MAX_VALUE
        ? least
        : Math.max(Math.min(least, IN_MEMORY_BYTES), backlogBytes + ReplicaOutput.WINDOW_BYTES);
  }

  /**
   * Returns true if too many bytes wait, or more than the soft limit for too long. Both limits are
   * at least the size of the backlog.
   */
  public boolean isExceeded(long pendingBytes, long backlogBytes, long nowMillis) {
    OutputLimit limit = configured();
    long hardBytes = limit.hardBytes() == 0 ? 0 : Math.max(limit.hardBytes(), backlogBytes);
    long softBytes = limit.softBytes() == 0 ? 0 : Math.max(limit.softBytes(), backlogBytes);
    if (hardBytes > 0 && pendingBytes >= hardBytes) {
      return true;
    }
    if (softBytes == 0 || pendingBytes < softBytes) {
      softExceededSinceMillis = NOT_EXCEEDED;
      return false;
    }
    if (softExceededSinceMillis == NOT_EXCEEDED) {
      softExceededSinceMillis = nowMillis;
    }
    return nowMillis - softExceededSinceMillis > limit.softSeconds() * 1000L;
  }
}
