package io.redoubt.sentinel.message;

import io.redoubt.protocol.bytes.IpAddress;

/**
 * Validates hosts and ports received from other processes. Accepted ones are written to the config
 * file, which the next start must be able to read.
 */
public final class Hosts {
  private static final int MAX_NAME_LENGTH = 255;
  private static final int MAX_PORT = 65535;
  private static final int NONE = -1;

  private Hosts() {}

  /** Returns true if a host is an IP address, or a name where names are allowed. */
  public static boolean isHost(String host, boolean namesAllowed) {
    return IpAddress.isLiteral(host) || (namesAllowed && isName(host));
  }

  /** Parses a port, from 1 to 65535; returns -1 if it is invalid. */
  public static int port(String text) {
    long port = number(text);
    return port >= 1 && port <= MAX_PORT ? (int) port : NONE;
  }

  /** Parses ASCII digits; returns -1 if the text is invalid or exceeds a long. */
  public static long number(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isDigit(text.charAt(i))) {
        return NONE;
      }
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return NONE;
    }
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isName(String host) {
    if (host.isEmpty() || host.length() > MAX_NAME_LENGTH) {
      return false;
    }
    return host.chars().allMatch(c -> isNameCharacter((char) c));
  }

  private static boolean isNameCharacter(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || "-_.".indexOf(c) >= 0;
  }
}
