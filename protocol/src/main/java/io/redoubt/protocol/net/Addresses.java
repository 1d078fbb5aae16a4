package io.redoubt.protocol.net;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/** Addresses as Redis prints them. */
public final class Addresses {

  private Addresses() {}

  /**
   * The form of CLIENT LIST: {@code 127.0.0.1:6379}, {@code [::1]:6379}, {@code /tmp/redis.sock:0}
   * for a Unix socket, and {@code ?:0} for none.
   */
  public static String describe(@Nullable SocketAddress address) {
    return switch (address) {
      case InetSocketAddress inet -> describe(ip(inet), inet.getPort());
      case DomainSocketAddress unix -> unix.path() + ":0";
      case UnixDomainSocketAddress unix -> unix.getPath() + ":0";
      case null, default -> "?:0";
    };
  }

  /** A host and a port, the host in brackets when it is an address of IPv6. */
  public static String describe(String host, int port) {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  /** The address without the port, IPv6 in its short form; the host's name when not resolved. */
  public static String ip(InetSocketAddress address) {
    return address.getAddress() == null
        ? address.getHostString()
        : NetUtil.toAddressString(address.getAddress());
  }

  static boolean isUnnamed(@Nullable SocketAddress address) {
    return switch (address) {
      case DomainSocketAddress unix -> unix.path().isEmpty();
      case UnixDomainSocketAddress unix -> unix.getPath().toString().isEmpty();
      case null, default -> true;
    };
  }
}
