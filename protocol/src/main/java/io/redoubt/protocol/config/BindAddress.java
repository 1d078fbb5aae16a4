package io.redoubt.protocol.config;

/**
 * An address to listen on.
 *
 * @param host an IPv4 or IPv6 address or a name; {@code *} and {@code ::*} stand for every address
 *     of IPv4 and IPv6
 * @param optional whether the machine may lack it
 */
public record BindAddress(String host, boolean optional) {

  /** The address that a word means, which begins with a minus where it is optional. */
  static BindAddress of(String word) {
    return word.startsWith("-")
        ? new BindAddress(word.substring(1), true)
        : new BindAddress(word, false);
  }

  /** The word as a file has it. */
  @Override
  public String toString() {
    return optional ? "-" + host : host;
  }
}
