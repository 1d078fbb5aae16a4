package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The argument and quoting syntax of config file lines and inline requests.
 *
 * <p>Arguments are separated by white space. In double quotes {@code \xHH}, {@code \n}, {@code \r},
 * {@code \t}, {@code \b} and {@code \a} are escapes, and a backslash before another byte stands for
 * that byte; in single quotes only {@code \'} is an escape. A closing quote must be followed by
 * white space or the end of the line.
 */
public final class Quoting {

  private static final char[] HEX = "0123456789abcdef".toCharArray();
  private static final byte[] @Nullable [] ESCAPES = escapes();

  private Quoting() {}

  /**
   * Splits the line into arguments; returns null if quotes are unbalanced or close within an
   * argument.
   */
  public static @Nullable List<byte[]> split(byte[] line) {
    List<byte[]> arguments = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < line.length && Ascii.isSpace(line[at])) {
        at++;
      }
      if (at == line.length) {
        return arguments;
      }
      int end = plainEnd(line, at);
      if (end >= 0) {
        arguments.add(Arrays.copyOfRange(line, at, end));
        at = end;
        continue;
      }
      ByteArrayOutputStream argument = new ByteArrayOutputStream();
      at = readArgument(line, at, argument);
      if (at < 0) {
        return null;
      }
      arguments.add(argument.toByteArray());
    }
  }

  /** Returns the index after an argument without quotes; -1 if it has any. */
  private static int plainEnd(byte[] line, int from) {
    int at = from;
    while (at < line.length && !Ascii.endsWord(line[at])) {
      if (line[at] == '"' || line[at] == '\'') {
        return -1;
      }
      at++;
    }
    return at;
  }

  /** Splits a line of one-byte characters into arguments; returns null if quotes are unbalanced. */
  public static @Nullable List<byte[]> split(String line) {
    return split(line.getBytes(ISO_8859_1));
  }

  /** Reads one argument and returns the index after it, or -1 if its quotes are unbalanced. */
  private static int readArgument(byte[] line, int from, ByteArrayOutputStream argument) {
    int at = from;
    int quote = 0;
    while (at < line.length) {
      int b = line[at];
      if (quote == 0) {
        if (Ascii.endsWord(b)) {
          return at;
        }
        if (b == '"' || b == '\'') {
          quote = b;
        } else {
          argument.write(b);
        }
        at++;
      } else if (b == quote) {
        at++;
        return at == line.length || Ascii.isSpace(line[at]) ? at : -1;
      } else if (b == '\\' && at + 1 < line.length) {
        at += quote == '"' ? readEscape(line, at, argument) : readSingleEscape(line, at, argument);
      } else {
        argument.write(b);
        at++;
      }
    }
    return quote == 0 ? at : -1;
  }

  /** Reads the escape at the backslash {@code at} and returns its length. */
  static int readEscape(byte[] line, int at, ByteArrayOutputStream argument) {
    int b = line[at + 1];
    if (b == 'x' && at + 3 < line.length) {
      int high = Ascii.hexDigit(line[at + 2]);
      int low = Ascii.hexDigit(line[at + 3]);
      if (high >= 0 && low >= 0) {
        argument.write(high << 4 | low);
        return 4;
      }
    }
    argument.write(
        switch (b) {
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'b' -> '\b';
          case 'a' -> 7;
          default -> b;
        });
    return 2;
  }

  private static int readSingleEscape(byte[] line, int at, ByteArrayOutputStream argument) {
    if (line[at + 1] == '\'') {
      argument.write('\'');
      return 2;
    }
    argument.write('\\');
    return 1;
  }

  /** Returns the bytes in double quotes, with everything but printable ASCII escaped. */
  public static String quote(byte[] bytes) {
    StringBuilder quoted = new StringBuilder(bytes.length + 2).append('"');
    for (byte b : bytes) {
      byte[] escape = escape(b);
      if (escape == null) {
        quoted.append((char) b);
      } else {
        quoted.append(new String(escape, ISO_8859_1));
      }
    }
    return quoted.append('"').toString();
  }

  /**
   * Returns the escape of a byte in double quotes, which must not be changed; null for printable
   * ASCII, which stands for itself.
   */
  public static byte @Nullable [] escape(int b) {
    return ESCAPES[b & 0xff];
  }

  private static byte[] @Nullable [] escapes() {
    byte[] @Nullable [] escapes = new byte[256] @Nullable [];
    for (int b = 0; b < escapes.length; b++) {
      String text =
          switch (b) {
            case '\\' -> "\\\\";
            case '"' -> "\\\"";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\b' -> "\\b";
            case 7 -> "\\a";
            default -> b >= ' ' && b < 127 ? "" : "\\x" + HEX[b >> 4] + HEX[b & 15];
          };
      escapes[b] = text.isEmpty() ? null : text.getBytes(ISO_8859_1);
    }
    return escapes;
  }
}
