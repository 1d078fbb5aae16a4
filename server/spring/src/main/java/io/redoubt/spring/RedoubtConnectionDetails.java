package io.redoubt.spring;

import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.protocol.net.Addresses;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;

/**
 * The connection of Spring Data Redis to an embedded server or group, like those that {@code
 * ServiceConnection} derives from containers. {@link RedoubtConnection} registers one; an
 * application that starts its server itself declares it as a bean.
 */
public final class RedoubtConnectionDetails implements DataRedisConnectionDetails {
  private final @Nullable String password;
  private final @Nullable Standalone standalone;
  private final @Nullable Sentinel sentinel;

  private RedoubtConnectionDetails(
      URI server, @Nullable Standalone standalone, @Nullable Sentinel sentinel) {
    String user = server.getUserInfo();
    password = user == null ? null : user.substring(user.indexOf(':') + 1);
    this.standalone = standalone;
    this.sentinel = sentinel;
  }

  /** Returns the connection to a server. */
  public static RedoubtConnectionDetails of(EmbeddedServer server) {
    return new RedoubtConnectionDetails(server.uri(), standalone(server.uri()), null);
  }

  /**
   * Returns the connection to a group: through its sentinels or, without any, to its current
   * master.
   */
  public static RedoubtConnectionDetails of(EmbeddedGroup group) {
    URI master = group.master().uri();
    return group.sentinels().isEmpty()
        ? new RedoubtConnectionDetails(master, standalone(master), null)
        : new RedoubtConnectionDetails(master, null, new Sentinels(group));
  }

  private static Standalone standalone(URI server) {
    return Standalone.of(server.getHost(), server.getPort());
  }

  @Override
  public @Nullable String getPassword() {
    return password;
  }

  @Override
  public @Nullable Standalone getStandalone() {
    return standalone;
  }

  @Override
  public @Nullable Sentinel getSentinel() {
    return sentinel;
  }

  /** The sentinels of a group. */
  private record Sentinels(EmbeddedGroup group) implements Sentinel {
    @Override
    public int getDatabase() {
      return 0;
    }

    @Override
    public String getMaster() {
      return Objects.requireNonNull(group.uri().getFragment());
    }

    @Override
    public List<Node> getNodes() {
      return group.sentinels().stream()
          .map(each -> new Node(Addresses.ip(each.address()), each.port()))
          .toList();
    }

    @Override
    public @Nullable String getUsername() {
      return null;
    }

    @Override
    public @Nullable String getPassword() {
      return null;
    }
  }
}
