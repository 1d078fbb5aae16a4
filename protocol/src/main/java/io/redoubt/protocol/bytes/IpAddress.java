package io.redoubt.protocol.bytes;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * IP addresses as text. An IPv6 address has many spellings: addresses are printed, stored and used
 * as keys in the {@linkplain #canonical canonical} one and compared by {@link #same}. Host names
 * pass unchanged.
 *
 * <p>The canonical form is the output of inet_ntop(3), which Redis prints: RFC 5952, with the last
 * four bytes as in IPv4 after {@code ::ffff:} and after twelve zero bytes.
 */
public final class IpAddress {
  private static final int IPV4_BYTES = 4;
  private static final int IPV6_BYTES = 16;
  private static final int GROUPS = 8;

  /** The groups before an IPv4 address in an IPv6 address. */
  private static final int GROUPS_BEFORE_IPV4 = 6;

  private static final int GROUP_DIGITS = 4;

  /** The number of digits of 2<sup>32</sup> - 1. */
  private static final int MAX_DECIMAL_DIGITS = 10;

  private static final int NONE = -1;

  private IpAddress() {}

  /**
   * Returns true if the host is a complete address, with or without a zone, rather than a name.
   * Short forms of IPv4 addresses, such as 127.1, don't count, because they may be remnants of a
   * truncated message.
   */
  public static boolean isLiteral(String host) {
    return parse(withoutZone(host)) != null;
  }

  /**
   * Returns the canonical form of an address, followed by its zone as in {@code fe80::1%eth0} if it
   * has one; any other text is returned as it is.
   */
  public static String canonical(String host) {
    byte[] address = parseAny(host);
    return address == null ? host : format(address) + zone(host);
  }

  /**
   * Returns true if two hosts are the same address or the same name. Zones are ignored, because the
   * interfaces of other machines have other names; an IPv4-mapped address is the IPv4 address.
   */
  public static boolean same(String one, String other) {
    if (one.equalsIgnoreCase(other)) {
      return true;
    }
    byte[] first = parseAny(one);
    byte[] second = first == null ? null : parseAny(other);
    return first != null && second != null && Arrays.equals(unmapped(first), unmapped(second));
  }

  /** Returns the canonical form of an address of 4 or 16 bytes. */
  public static String format(byte[] address) {
    StringBuilder text = new StringBuilder(45);
    if (address.length == IPV4_BYTES) {
      appendIpv4(text, address, 0);
      return text.toString();
    }
    if (address.length != IPV6_BYTES) {
      throw new IllegalArgumentException("an address of " + address.length + " bytes");
    }
    int gap = NONE;
    int gapLength = 1; // a single zero is not shortened
    for (int from = 0; from < GROUPS; from++) {
      int length = zeroGroups(address, from);
      if (length > gapLength) {
        gap = from;
        gapLength = length;
      }
    }
    boolean endsInIpv4 =
        gap == 0
            && (gapLength == GROUPS_BEFORE_IPV4
                || (gapLength == GROUPS_BEFORE_IPV4 - 1 && group(address, 5) == 0xffff));
    int groups = endsInIpv4 ? GROUPS_BEFORE_IPV4 : GROUPS;
    for (int at = 0; at < groups; at++) {
      if (at == gap) {
        text.append("::");
        at += gapLength - 1;
      } else {
        text.append(at == 0 || at == gap + gapLength ? "" : ":");
        text.append(Integer.toHexString(group(address, at)));
      }
    }
    if (endsInIpv4) {
      text.append(gapLength == GROUPS_BEFORE_IPV4 ? "" : ":");
      appendIpv4(text, address, IPV6_BYTES - IPV4_BYTES);
    }
    return text.toString();
  }

  private static int group(byte[] address, int at) {
    return (address[2 * at] & 0xff) << 8 | (address[2 * at + 1] & 0xff);
  }

  private static int zeroGroups(byte[] address, int from) {
    int end = from;
    while (end < GROUPS && group(address, end) == 0) {
      end++;
    }
    return end - from;
  }

  private static void appendIpv4(StringBuilder text, byte[] address, int from) {
    for (int i = 0; i < IPV4_BYTES; i++) {
      text.append(i == 0 ? "" : ".").append(address[from + i] & 0xff);
    }
  }

  private static byte[] unmapped(byte[] address) {
    if (address.length != IPV6_BYTES
        || zeroGroups(address, 0) != GROUPS_BEFORE_IPV4 - 1
        || group(address, 5) != 0xffff) {
      return address;
    }
    return Arrays.copyOfRange(address, IPV6_BYTES - IPV4_BYTES, IPV6_BYTES);
  }

  private static String withoutZone(String host) {
    return host.substring(0, host.length() - zone(host).length());
  }

  /**
   * Returns the zone of an IPv6 address with the preceding percent sign, empty if there is none.
   */
  private static String zone(String host) {
    int percent = host.indexOf('%');
    boolean hasZone = percent > 0 && host.lastIndexOf(':', percent) >= 0 && isZone(host, percent);
    return hasZone ? host.substring(percent) : "";
  }

  /** Returns true if the characters after {@code percent} may name a network interface. */
  private static boolean isZone(String host, int percent) {
    for (int i = percent + 1; i < host.length(); i++) {
      char c = host.charAt(i);
      boolean letter = c < 128 && Ascii.lower(c) >= 'a' && Ascii.lower(c) <= 'z';
      if (!letter && !Ascii.isDigit(c) && "-_.".indexOf(c) < 0) {
        return false;
      }
    }
    return percent + 1 < host.length();
  }

  /** Parses an address, which may have a zone or be short; returns null if the text is none. */
  private static byte @Nullable [] parseAny(String host) {
    byte[] whole = parse(withoutZone(host));
    return whole == null ? parseShortIpv4(host) : whole;
  }

  /** Parses a whole address without zone; returns null if the text is none. */
  private static byte @Nullable [] parse(String text) {
    if (text.indexOf(':') < 0) {
      byte[] address = new byte[IPV4_BYTES];
      return parseIpv4(text, address, 0) ? address : null;
    }
    int gap = text.indexOf("::");
    byte[] address = new byte[IPV6_BYTES];
    if (gap < 0) {
      return parseGroups(text, address, true) == GROUPS ? address : null;
    }
    byte[] end = new byte[IPV6_BYTES];
    int before = gap == 0 ? 0 : parseGroups(text.substring(0, gap), address, false);
    int after = gap + 2 == text.length() ? 0 : parseGroups(text.substring(gap + 2), end, true);
    if (before < 0 || after < 0 || before + after >= GROUPS) {
      return null;
    }
    System.arraycopy(end, 0, address, IPV6_BYTES - 2 * after, 2 * after);
    return address;
  }

  /** Parses groups, and returns their number or -1 if the text is invalid. */
  private static int parseGroups(String text, byte[] into, boolean mayEndInIpv4) {
    int count = 0;
    int start = 0;
    while (start <= text.length()) {
      int end = text.indexOf(':', start);
      boolean last = end < 0;
      String part = text.substring(start, last ? text.length() : end);
      int value = group(part);
      if (value >= 0 && count < GROUPS) {
        into[2 * count] = (byte) (value >> 8);
        into[2 * count + 1] = (byte) value;
        count++;
      } else if (last
          && mayEndInIpv4
          && count <= GROUPS_BEFORE_IPV4
          && parseIpv4(part, into, 2 * count)) {
        count += 2;
      } else {
        return NONE;
      }
      if (last) {
        return count;
      }
      start = end + 1;
    }
    return NONE;
  }

  private static int group(String part) {
    if (part.isEmpty() || part.length() > GROUP_DIGITS) {
      return NONE;
    }
    int value = 0;
    for (int i = 0; i < part.length(); i++) {
      int digit = part.charAt(i) < 128 ? Ascii.hexDigit(part.charAt(i)) : NONE;
      if (digit < 0) {
        return NONE;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  /** Parses four decimal numbers without leading zeros, which other programs read as octal. */
  private static boolean parseIpv4(String text, byte[] into, int at) {
    int start = 0;
    for (int i = 0; i < IPV4_BYTES; i++) {
      int end = i == IPV4_BYTES - 1 ? text.length() : text.indexOf('.', start);
      int value = end < 0 ? NONE : byteValue(text, start, end);
      if (value < 0) {
        return false;
      }
      into[at + i] = (byte) value;
      start = end + 1;
    }
    return true;
  }

  /**
   * Parses the short forms of inet_aton(3), in which the last number fills several bytes, as in
   * 127.1.
   */
  private static byte @Nullable [] parseShortIpv4(String text) {
    byte[] into = new byte[IPV4_BYTES];
    int start = 0;
    int at = 0;
    for (int end = text.indexOf('.'); end >= 0; end = text.indexOf('.', start)) {
      int value = at < IPV4_BYTES - 1 ? byteValue(text, start, end) : NONE;
      if (value < 0) {
        return null;
      }
      into[at++] = (byte) value;
      start = end + 1;
    }
    String rest = text.substring(start);
    boolean decimal =
        !rest.isEmpty()
            && rest.length() <= MAX_DECIMAL_DIGITS
            && rest.chars().allMatch(Ascii::isDigit)
            && (rest.equals("0") || rest.charAt(0) != '0');
    long value = decimal ? Long.parseLong(rest) : NONE;
    if (value < 0 || value >= 1L << (8 * (IPV4_BYTES - at))) {
      return null;
    }
    for (int i = IPV4_BYTES - 1; i >= at; i--) {
      into[i] = (byte) value;
      value >>= 8;
    }
    return into;
  }

  private static int byteValue(String text, int start, int end) {
    if (end == start || end - start > 3 || (text.charAt(start) == '0' && end - start > 1)) {
      return NONE;
    }
    int value = 0;
    for (int i = start; i < end; i++) {
      if (!Ascii.isDigit(text.charAt(i))) {
        return NONE;
      }
      value = value * 10 + text.charAt(i) - '0';
    }
    return value < 256 ? value : NONE;
  }
}
