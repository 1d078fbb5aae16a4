package io.redoubt.protocol.net;

import io.netty.channel.unix.DomainSocketAddress;
import io.redoubt.protocol.bytes.IpAddress;
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

  /** Returns host and port; an address is in its canonical form, and in brackets if it is IPv6. */
  public static String describe(String host, int port) {
    return bracketed(host) + ":" + port;
  }

  /** Returns the host as it stands before a colon and a port. */
  public static String bracketed(String host) {
    String shown = IpAddress.canonical(host);
    return shown.indexOf(':') >= 0 ? "[" + shown + "]" : shown;
  }

  /** Returns the address without the port in its canonical form; the host name if unresolved. */
  public static String ip(InetSocketAddress address) {
    return address.getAddress() == null ? address.getHostString() : ip(address.getAddress());
  }

  /** Returns the address in its canonical form, without zone as in Redis. */
  public static String ip(InetAddress address) {
    return IpAddress.format(address.getAddress());
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
