package io.redoubt.embedded;

import io.redoubt.protocol.net.Addresses;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** The URIs for clients. */
final class RedisUri {
  private RedisUri() {}

  /** Returns {@code redis://[:password@]host:port}. */
  static URI of(InetSocketAddress address, String password) {
    return of("redis", address, password);
  }

  /** Returns such a URI with another scheme. */
  static URI of(String scheme, InetSocketAddress address, String password) {
    return URI.create(scheme + "://" + login(password) + hostAndPort(address));
  }

  /** Returns {@code redis-sentinel://[:password@]host:port,host:port/0#name}. */
  static URI ofSentinels(List<InetSocketAddress> sentinels, String password, String name) {
    return sentinels.stream()
        .map(RedisUri::hostAndPort)
        .collect(
            Collectors.collectingAndThen(
                Collectors.joining(",", "redis-sentinel://" + login(password), "/0#" + name),
                URI::create));
  }

  /** Returns {@code redis://[:password@]host:port,host:port}. */
  static URI ofCluster(List<InetSocketAddress> nodes, String password) {
    return nodes.stream()
        .map(RedisUri::hostAndPort)
        .collect(
            Collectors.collectingAndThen(
                Collectors.joining(",", "redis://" + login(password), ""), URI::create));
  }

  private static String login(String password) {
    // Form encoding writes a blank as +, but a + in the user part of a URI is a plus sign.
    String secret = URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
    return password.isEmpty() ? "" : ":" + secret + "@";
  }

  private static String hostAndPort(InetSocketAddress address) {
    return Addresses.describe(address);
  }
}
