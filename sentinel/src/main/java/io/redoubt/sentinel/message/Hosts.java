package io.redoubt.sentinel.message;

/**
 * Validates hosts and ports from other processes. All accepted ones are written to the config file,
 * which the next start must be able to read.
 */
public final class Hosts {
  private static final int MAX_NAME_LENGTH = 255;
  private static final int MAX_PORT = 65535;
  private static final int IPV4_PARTS = 4;
  private static final int IPV6_GROUPS = 8;
  private static final int NONE = -1;

  private Hosts() {}

  /**
   * Returns true if connections can be made to the host: it is an IP address, or a name where names
   * are resolved.
   */
  public static boolean isHost(String host, boolean namesAllowed) {
    return isIpAddress(host) || (namesAllowed && isName(host));
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

  private static boolean isIpAddress(String host) {
    return isIpv4(host) || isIpv6(host);
  }

  private static boolean isIpv4(String host) {
    String[] parts = host.split("\\.", -1);
    if (parts.length != IPV4_PARTS) {
      return false;
    }
    for (String part : parts) {
      boolean octal = part.length() > 1 && part.startsWith("0");
      long value = part.isEmpty() || part.length() > 3 || octal ? NONE : number(part);
      if (value < 0 || value > 255) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns true for an IPv6 address. A zone as in {@code fe80::1%eth0} may follow, because the
   * interfaces of other hosts are unknown.
   */
  private static boolean isIpv6(String host) {
    int zone = host.indexOf('%');
    if (zone >= 0) {
      return isName(host.substring(zone + 1)) && isIpv6(host.substring(0, zone));
    }
    int gap = host.indexOf("::");
    if (gap < 0) {
      return groups(host, true) == IPV6_GROUPS;
    }
    String before = host.substring(0, gap);
    String after = host.substring(gap + 2);
    int first = before.isEmpty() ? 0 : groups(before, false);
    int last = after.isEmpty() ? 0 : groups(after, true);
    return first >= 0 && last >= 0 && first + last < IPV6_GROUPS;
  }

  /** Returns the number of 16-bit groups in the text, or -1 if it is invalid. */
  private static int groups(String text, boolean mayEndInIpv4) {
    String[] parts = text.split(":", -1);
    int count = 0;
    for (int i = 0; i < parts.length; i++) {
      if (isGroup(parts[i])) {
        count++;
      } else if (mayEndInIpv4 && i == parts.length - 1 && isIpv4(parts[i])) {
        count += 2;
      } else {
        return NONE;
      }
    }
    return count;
  }

  private static boolean isGroup(String part) {
    return !part.isEmpty()
        && part.length() <= 4
        && part.chars().allMatch(c -> isDigit((char) c) || "abcdefABCDEF".indexOf(c) >= 0);
  }
}
