package io.redoubt.protocol.bytes;

/** ASCII letters, eight bytes at a time and one by one. All other bytes stay as they are. */
public final class Ascii {

  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long ONES = 0x0101010101010101L;

  private Ascii() {}

  /** The byte with an upper-case letter made lower case. */
  public static int lower(int b) {
    int c = b & 0xff;
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }

  /** The byte with a lower-case letter made upper case. */
  public static int upper(int b) {
    int c = b & 0xff;
    return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
  }

  /** Whether the byte is one of '0' to '9'. */
  public static boolean isDigit(int b) {
    return b >= '0' && b <= '9';
  }

  /** Whether the byte is white space in C's sense: blank, tab, new line, \v, \f, \r. */
  public static boolean isSpace(int b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }

  /** The value of a hexadecimal digit, or -1. */
  public static int hexDigit(int b) {
    if (isDigit(b)) {
      return b - '0';
    }
    int c = lower(b);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  /** Eight bytes with every upper-case letter made lower case. */
  public static long lowerWord(long word) {
    long sevenBits = word & ~HIGH_BITS;
    // The high bit of a byte becomes set where the byte is at least 'A', and where it is above 'Z'.
    long fromA = sevenBits + ONES * (0x80 - 'A');
    long aboveZ = sevenBits + ONES * (0x80 - 'Z' - 1);
    long upperCase = fromA & ~aboveZ & ~word & HIGH_BITS;
    return word | (upperCase >>> 2);
  }
}
