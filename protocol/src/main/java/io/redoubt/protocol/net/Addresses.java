package io.redoubt.protocol.net;

import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.jspecify.annotations.Nullable;

/** Makes addresses from hosts and ports, and formats them like Redis. */
public final class Addresses {

  private Addresses() {}

  /** Returns the address of a host and a port, which is unresolved if the host is a name. */
  public static InetSocketAddress of(String host, int port) {
    try {
      return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    } catch (IllegalArgumentException name) {
      return InetSocketAddress.createUnresolved(host, port);
    }
  }

  /**
   * Returns the form of CLIENT LIST: {@code 127.0.0.1:6379}, {@code [::1]:6379}, {@code
   * /tmp/redis.sock:0} for a Unix socket, and {@code ?:0} for no address.
   */
  public static String describe(@Nullable SocketAddress address) {
    if (address instanceof InetSocketAddress inet) {
      return describe(ip(inet), inet.getPort());
    }
    String path = path(address);
    return path == null ? "?:0" : path + ":0";
  }

  /** Returns host and port; an IPv6 address is put in brackets. */
  public static String describe(String host, int port) {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }

  /** Returns the address without the port, IPv6 in its short form; the host name if unresolved. */
  public static String ip(InetSocketAddress address) {
    return address.getAddress() == null
        ? address.getHostString()
        : NetUtil.toAddressString(address.getAddress());
  }

  static boolean isUnnamed(@Nullable SocketAddress address) {
    String path = path(address);
    return path == null || path.isEmpty();
  }

  /** Returns the path of a Unix socket; null for another address. */
  private static @Nullable String path(@Nullable SocketAddress address) {
    // Not a switch over patterns: its first call takes ten milliseconds of a cold process.
    if (address instanceof DomainSocketAddress unix) {
      return unix.path();
    }
    return address instanceof UnixDomainSocketAddress unix ? unix.getPath().toString() : null;
  }
}
