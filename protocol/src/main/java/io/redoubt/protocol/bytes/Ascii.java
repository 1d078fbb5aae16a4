package io.redoubt.protocol.bytes;

/**
 * ASCII case folding and character classes, byte by byte and eight bytes at a time. Other bytes are
 * unchanged.
 */
public final class Ascii {

  static final long HIGH_BITS = 0x8080808080808080L;
  static final long ONES = 0x0101010101010101L;

  private Ascii() {}

  /** Returns the byte in lower case. */
  public static int lower(int b) {
    int c = b & 0xff;
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }

  /** Returns true if the byte is '0' to '9'. */
  public static boolean isDigit(int b) {
    return b >= '0' && b <= '9';
  }

  /** Returns true for C's white space: blank, tab, new line, \v, \f, \r. */
  public static boolean isSpace(int b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }

  /**
   * Returns true if the byte ends an unquoted word of a line in Redis: \v and \f do not, although
   * they are skipped before a word.
   */
  public static boolean endsWord(int b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
  }

  /** Returns the value of a hexadecimal digit, or -1. */
  public static int hexDigit(int b) {
    if (isDigit(b)) {
      return b - '0';
    }
    int c = lower(b);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  /** Returns eight bytes in lower case. */
  public static long lowerWord(long word) {
    long sevenBits = word & ~HIGH_BITS;
    // The high bit of a byte is set if the byte is at least 'A', and if it is above 'Z'.
    long fromA = sevenBits + ONES * (0x80 - 'A');
    long aboveZ = sevenBits + ONES * (0x80 - 'Z' - 1);
    long upperCase = fromA & ~aboveZ & ~word & HIGH_BITS;
    return word | (upperCase >>> 2);
  }
}
