package io.redoubt.protocol.config.directive;

/**
 * An address to listen on.
 *
 * @param host an IPv4 or IPv6 address or a host name; {@code *} and {@code ::*} are all addresses
 *     of IPv4 and IPv6
 * @param optional true if the machine need not have it
 */
public record BindAddress(String host, boolean optional) {

  /** Parses an argument; a leading minus makes the address optional. */
  static BindAddress of(String word) {
    return word.startsWith("-")
        ? new BindAddress(word.substring(1), true)
        : new BindAddress(word, false);
  }

  /** Returns the host as systems know it: {@code 0.0.0.0} and {@code ::} are all addresses. */
  public String listened() {
    return switch (host) {
      case "*" -> "0.0.0.0";
      case "::*" -> "::";
      default -> host;
    };
  }

  /** Returns the argument as written in a file. */
  @Override
  public String toString() {
    return optional ? "-" + host : host;
  }
}
