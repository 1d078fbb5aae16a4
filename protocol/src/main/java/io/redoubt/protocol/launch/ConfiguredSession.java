package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.directive.ClientClass;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.net.PeerCertificate;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.protocol.session.SessionSettings;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Session settings that read the common directives.
 *
 * @param maxmemory supplies {@code maxmemory}, for a {@code maxmemory-clients} in percent
 */
public record ConfiguredSession(Directives directives, Limits requestLimits, LongSupplier maxmemory)
    implements SessionSettings {
  /** Creates settings without {@code maxmemory}, of which a percentage sets no limit. */
  public ConfiguredSession(Directives directives, Limits requestLimits) {
    this(directives, requestLimits, () -> 0);
  }

  @Override
  public int aclLogMaxLen() {
    return (int) Math.min(directives.common.acllogMaxLen.value(), Integer.MAX_VALUE);
  }

  @Override
  public int maxClients() {
    return (int) Math.min(directives.common.maxclients.value(), Integer.MAX_VALUE);
  }

  @Override
  public long queryBufferLimitBytes() {
    return directives.common.clientQueryBufferLimit.value();
  }

  @Override
  public long clientMemoryLimitBytes() {
    return directives.common.maxmemoryClients.bytes(maxmemory.getAsLong());
  }

  @Override
  public OutputLimit outputLimit(ClientType type) {
    ClientClass clients =
        switch (type) {
          case REPLICA -> ClientClass.REPLICA;
          case PUBSUB -> ClientClass.PUBSUB;
          case NORMAL, MASTER -> ClientClass.NORMAL;
        };
    return directives.common.clientOutputBufferLimit.of(clients);
  }

  @Override
  public int idleTimeoutSeconds() {
    return directives.common.timeout.value();
  }

  @Override
  public int tcpKeepaliveSeconds() {
    return directives.common.tcpKeepalive.value();
  }

  @Override
  public PeerCertificate.@Nullable Field certificateUser() {
    return switch (directives.tls.tlsAuthClientsUser.value()) {
      case OFF -> null;
      case CN -> PeerCertificate.Field.COMMON_NAME;
      case URI -> PeerCertificate.Field.URI;
    };
  }

  @Override
  public boolean protectedMode() {
    return directives.common.protectedMode.value();
  }
}
