package io.redoubt.server.replication.master.output;

import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.server.client.ServerClient;

/**
 * The limit of pending bytes of one replica ({@code client-output-buffer-limit replica}), and the
 * time since its soft part was exceeded.
 */
public final class ReplicaOutputLimit {
  /**
   * The maximum number of stream bytes kept in memory during a full sync, if there is an output
   * limit.
   */
  private static final long IN_MEMORY_BYTES = 16 << 20;

  private static final long NOT_EXCEEDED = -1;

  private final ServerClient client;
  private long softExceededSinceMillis = NOT_EXCEEDED;

  public ReplicaOutputLimit(ServerClient client) {
    this.client = client;
  }

  private OutputLimit configured() {
    return client.context().settings().outputLimit(ClientType.REPLICA);
  }

  public boolean isOn() {
    OutputLimit limit = configured();
    return limit.hardBytes() > 0 || limit.softBytes() > 0;
  }

  /**
   * Returns the maximum number of stream bytes kept in memory during a full sync: no less than the
   * backlog, and unlimited without an output limit.
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
   * Returns true if the pending bytes exceed the hard limit, or have exceeded the soft limit for
   * too long. Both limits are at least the size of the backlog.
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
