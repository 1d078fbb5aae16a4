package io.redoubt.protocol.bytes;

/** The number syntaxes of C's {@code strtod}, recognized from the text. */
enum FloatSyntax {
  /** Digits with an optional point and an optional power of ten. */
  DECIMAL,
  /** {@code 0x}, hexadecimal digits with an optional point, and an optional power of two. */
  HEXADECIMAL,
  /** {@code inf} or {@code infinity} in any case. */
  INFINITY,
  /** Anything else, including NaN, which Redis accepts nowhere. */
  NONE;

  /** Returns the syntax of the whole text. */
  static FloatSyntax of(String text) {
    int start = afterSign(text);
    String rest = text.substring(start);
    if (rest.equalsIgnoreCase("inf") || rest.equalsIgnoreCase("infinity")) {
      return INFINITY;
    }
    if (rest.regionMatches(true, 0, "0x", 0, 2)) {
      return isNumber(rest, 2, 16, 'p') ? HEXADECIMAL : NONE;
    }
    return isNumber(rest, 0, 10, 'e') ? DECIMAL : NONE;
  }

  /** Appends the binary exponent that Java requires and C does not. */
  static String withBinaryExponent(String text) {
    return text.indexOf('p') < 0 && text.indexOf('P') < 0 ? text + "p0" : text;
  }

  /** Returns true if all digits before the exponent are zeros. */
  static boolean isZero(String text, int radix) {
    int mark = radix == 16 ? 'p' : 'e';
    for (int i = radix == 16 ? afterSign(text) + 2 : 0; i < text.length(); i++) {
      int c = text.charAt(i);
      if (Ascii.lower(c) == mark) {
        break;
      }
      if (Ascii.hexDigit(c) > 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNumber(String text, int from, int radix, int exponentMark) {
    int at = from;
    int digits = 0;
    boolean point = false;
    for (; at < text.length(); at++) {
      int c = text.charAt(at);
      int digit = Ascii.hexDigit(c);
      if (c < 128 && digit >= 0 && digit < radix) {
        digits++;
      } else if (c == '.' && !point) {
        point = true;
      } else {
        break;
      }
    }
    if (digits == 0) {
      return false;
    }
    if (at == text.length()) {
      return true;
    }
    if (text.charAt(at) > 127 || Ascii.lower(text.charAt(at)) != exponentMark) {
      return false;
    }
    at++;
    if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
      at++;
    }
    if (at == text.length()) {
      return false;
    }
    for (; at < text.length(); at++) {
      if (!Ascii.isDigit(text.charAt(at))) {
        return false;
      }
    }
    return true;
  }

  private static int afterSign(String text) {
    return !text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+') ? 1 : 0;
  }
}
