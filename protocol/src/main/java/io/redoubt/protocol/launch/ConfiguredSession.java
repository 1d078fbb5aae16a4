package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.CommonDirectives;
import io.redoubt.protocol.config.directive.ClientClass;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.protocol.session.SessionSettings;
import java.util.function.LongSupplier;

/**
 * Session settings that read the common directives.
 *
 * @param maxmemory the bytes of which {@code maxmemory-clients} may be a percentage
 */
public record ConfiguredSession(CommonDirectives directives, LongSupplier maxmemory)
    implements SessionSettings {
  /** Creates settings without {@code maxmemory}: a percentage of it is no limit. */
  public ConfiguredSession(CommonDirectives directives) {
    this(directives, () -> 0);
  }

  @Override
  public int maxClients() {
    return (int) Math.min(directives.maxclients.value(), Integer.MAX_VALUE);
  }

  @Override
  public long queryBufferLimitBytes() {
    return directives.clientQueryBufferLimit.value();
  }

  @Override
  public long clientMemoryLimitBytes() {
    return directives.maxmemoryClients.bytes(maxmemory.getAsLong());
  }

  @Override
  public OutputLimit outputLimit(ClientType type) {
    ClientClass clients =
        switch (type) {
          case REPLICA -> ClientClass.REPLICA;
          case PUBSUB -> ClientClass.PUBSUB;
          case NORMAL, MASTER -> ClientClass.NORMAL;
        };
    return directives.clientOutputBufferLimit.of(clients);
  }

  @Override
  public int idleTimeoutSeconds() {
    return directives.timeout.value();
  }

  @Override
  public int tcpKeepaliveSeconds() {
    return directives.tcpKeepalive.value();
  }

  @Override
  public boolean protectedMode() {
    return directives.protectedMode.value();
  }
}
