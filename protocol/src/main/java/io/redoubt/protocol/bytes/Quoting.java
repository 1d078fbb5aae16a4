package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Words and quotes as lines of a config file and inline requests have them.
 *
 * <p>Words are parted by white space. Within double quotes {@code \xHH}, {@code \n}, {@code \r},
 * {@code \t}, {@code \b} and {@code \a} stand for bytes and a backslash for the byte after it;
 * within single quotes only {@code \'} means something. White space or the end follows a closing
 * quote.
 */
public final class Quoting {

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private Quoting() {}

  /** The words of the line, or null where a quote isn't closed or is closed inside a word. */
  public static @Nullable List<byte[]> split(byte[] line) {
    List<byte[]> words = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < line.length && Ascii.isSpace(line[at])) {
        at++;
      }
      if (at == line.length) {
        return words;
      }
      ByteArrayOutputStream word = new ByteArrayOutputStream();
      at = readWord(line, at, word);
      if (at < 0) {
        return null;
      }
      words.add(word.toByteArray());
    }
  }

  /** The words of a line of bytes that are one character each, or null as above. */
  public static @Nullable List<byte[]> split(String line) {
    return split(line.getBytes(ISO_8859_1));
  }

  /** Reads one word and returns the place after it, or -1 where its quotes are wrong. */
  private static int readWord(byte[] line, int from, ByteArrayOutputStream word) {
    int at = from;
    int quote = 0;
    while (at < line.length) {
      int b = line[at];
      if (quote == 0) {
        if (Ascii.isSpace(b)) {
          return at;
        }
        if (b == '"' || b == '\'') {
          quote = b;
        } else {
          word.write(b);
        }
        at++;
      } else if (b == quote) {
        at++;
        return at == line.length || Ascii.isSpace(line[at]) ? at : -1;
      } else if (b == '\\' && at + 1 < line.length) {
        at += quote == '"' ? readEscape(line, at, word) : readSingleEscape(line, at, word);
      } else {
        word.write(b);
        at++;
      }
    }
    return quote == 0 ? at : -1;
  }

  /** Reads the escape at the backslash {@code at}; returns how many bytes it takes. */
  static int readEscape(byte[] line, int at, ByteArrayOutputStream word) {
    int b = line[at + 1];
    if (b == 'x' && at + 3 < line.length) {
      int high = Ascii.hexDigit(line[at + 2]);
      int low = Ascii.hexDigit(line[at + 3]);
      if (high >= 0 && low >= 0) {
        word.write(high << 4 | low);
        return 4;
      }
    }
    word.write(
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

  private static int readSingleEscape(byte[] line, int at, ByteArrayOutputStream word) {
    if (line[at + 1] == '\'') {
      word.write('\'');
      return 2;
    }
    word.write('\\');
    return 1;
  }

  /** The bytes in double quotes, everything that isn't printable ASCII as an escape. */
  public static String quote(byte[] bytes) {
    StringBuilder quoted = new StringBuilder(bytes.length + 2).append('"');
    for (byte b : bytes) {
      switch (b) {
        case '\\', '"' -> quoted.append('\\').append((char) b);
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\b' -> quoted.append("\\b");
        case 7 -> quoted.append("\\a");
        default -> {
          if (b >= ' ' && b < 127) {
            quoted.append((char) b);
          } else {
            quoted.append("\\x").append(HEX[b >> 4 & 15]).append(HEX[b & 15]);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
