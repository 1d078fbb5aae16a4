package io.redoubt.persistence.aof.check;

import io.redoubt.protocol.bytes.Ascii;
import io.redoubt.protocol.bytes.Utf8;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Checks the commands of one file like {@code redis-check-aof}, to find its valid prefix and
 * describe the first error. Slightly more lenient than a server's load.
 */
public final class CommandCheck {

  private static final int HEADER_BYTES = 128;
  private static final int ANNOTATION_BYTES = 1024;
  private static final String TIMESTAMP = "#TS:";

  /** The length of the longest relevant command name, MULTI, with room. */
  private static final int NAME_BYTES = 8;

  private final CheckInput in;
  private final String fileName;
  private final String path;

  /** Kept between lines: Redis' tool prints leftovers of the previous line in some errors. */
  private final byte[] countLine = new byte[HEADER_BYTES];

  private final byte[] name = new byte[NAME_BYTES];

  private long lines; // complete lines read in all files
  private long errorOffset;
  private String error = "";
  private boolean formatError;
  private int open; // the number of open transactions
  private long validBytes;
  private long laterOffset = -1;

  /**
   * Creates a check from the input's position on.
   *
   * @param fileName the file's name in messages
   * @param path the path in messages for which Redis' tool uses it
   * @param lines the number of the next line
   */
  public CommandCheck(CheckInput in, String fileName, String path, long lines) {
    this.in = in;
    this.fileName = fileName;
    this.path = path;
    this.lines = lines;
  }

  /**
   * Checks the commands.
   *
   * @param untilSeconds the time after which an annotation ends the check, see {@link
   *     #laterOffset()}; 0 for none
   * @throws CheckAborted if an annotation is invalid
   */
  public void run(long untilSeconds) throws IOException, CheckAborted {
    while (true) {
      if (open == 0) {
        validBytes = in.offset();
      }
      int first = in.peek();
      if (first < 0) {
        break;
      }
      if (first == '#') {
        if (isLater(untilSeconds)) {
          return;
        }
      } else if (first != '*') {
        formatError = true;
        return;
      } else if (!command()) {
        break;
      }
    }
    if (open != 0 && error.isEmpty() && in.peek() < 0) {
      fail("Reached EOF before reading EXEC for MULTI");
    }
  }

  /** Returns the offset of the first annotation with a later time, or -1. */
  long laterOffset() {
    return laterOffset;
  }

  /** Returns the length of the file's valid prefix in bytes. */
  public long validBytes() {
    return validBytes;
  }

  /** Returns the number of the next line. */
  long lines() {
    return lines;
  }

  /** Returns the lines to print about the first error; empty if there is none. */
  String report() {
    if (formatError) {
      return String.format(Locale.ROOT, "AOF %s format error\n", fileName);
    }
    return error.isEmpty() ? "" : String.format(Locale.ROOT, "0x%16x: %s\n", errorOffset, error);
  }

  private boolean isLater(long untilSeconds) throws IOException, CheckAborted {
    long start = in.offset();
    byte[] line = new byte[ANNOTATION_BYTES];
    int length = in.line(line);
    if (untilSeconds == 0 || !startsWith(line, TIMESTAMP)) {
      return false;
    }
    Number seconds = new Number(line, TIMESTAMP.length());
    if (seconds.end + 1 >= length || line[seconds.end] != '\r') {
      throw new CheckAborted("Invalid timestamp annotation\n");
    }
    if (seconds.value <= untilSeconds) {
      return false;
    }
    laterOffset = start;
    return true;
  }

  private boolean command() throws IOException {
    Number count = header('*', countLine);
    if (count == null) {
      return false;
    }
    for (long i = 0; i < count.value; i++) {
      if (!argument(i == 0)) {
        return false;
      }
    }
    return true;
  }

  private boolean argument(boolean first) throws IOException {
    Number length = header('$', new byte[HEADER_BYTES]);
    if (length == null) {
      return false;
    }
    if (length.value < 0 || length.value > Long.MAX_VALUE - 2) {
      fail(
          String.format(
              Locale.ROOT,
              "Expected to read string of %d bytes, which is not in the suitable range",
              length.value));
      return false;
    }
    errorOffset = in.offset();
    long body = Math.min(length.value, NAME_BYTES);
    int nameLength = 0;
    while (nameLength < body && in.peek() >= 0) {
      name[nameLength++] = (byte) in.read();
    }
    long done = nameLength;
    done += in.skip(length.value - done);
    byte[] end = new byte[2];
    for (int i = 0; i < 2 && in.peek() >= 0; i++, done++) {
      end[i] = (byte) in.read();
    }
    if (done != length.value + 2) {
      fail(
          String.format(
              Locale.ROOT, "Expected to read %d bytes, got %d bytes", length.value + 2, done));
      return false;
    }
    if (!isNewline(end[0], end[1])) {
      return false;
    }
    lines++;
    return !first || transaction(nameLength, length.value);
  }

  private boolean transaction(int nameLength, long length) {
    if (isName("multi", nameLength, length)) {
      if (open++ != 0) {
        fail("Unexpected MULTI in AOF " + path);
        return false;
      }
    } else if (isName("exec", nameLength, length) && --open != 0) {
      fail("Unexpected EXEC in AOF " + path);
      return false;
    }
    return true;
  }

  /** Returns true if the argument equals the word, ignoring case, up to its end or a NUL. */
  private boolean isName(String word, int nameLength, long length) {
    if (nameLength < word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (Ascii.lower(name[i]) != word.charAt(i)) {
        return false;
      }
    }
    return length == word.length() || (nameLength > word.length() && name[word.length()] == 0);
  }

  /** Reads a line of a mark and a number; null if it is invalid or missing. */
  private @Nullable Number header(char mark, byte[] line) throws IOException {
    errorOffset = in.offset();
    if (in.line(line) == 0) {
      return null;
    }
    if (line[0] != mark) {
      String got = Utf8.decode(new byte[] {line[0]});
      fail(String.format(Locale.ROOT, "Expected prefix '%c', got: '%s'", mark, got));
      return null;
    }
    Number number = new Number(line, 1);
    byte next = number.end + 1 < HEADER_BYTES ? line[number.end + 1] : 0;
    if (!isNewline(line[number.end], next)) {
      return null;
    }
    lines++;
    return number;
  }

  private boolean isNewline(byte first, byte second) {
    if (first == '\r' && second == '\n') {
      return true;
    }
    // Signed, like a char in C.
    fail(String.format(Locale.ROOT, "Expected \\r\\n, got: %02x%02x", (int) first, (int) second));
    return false;
  }

  /**
   * Records an error. Redis' tool keeps the text as a C string, which ends at a NUL from the file.
   */
  private void fail(String text) {
    int zero = text.indexOf(0);
    error = zero < 0 ? text : text.substring(0, zero);
  }

  private static boolean startsWith(byte[] line, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (line[i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** A decimal number at a position in a line: optional white space, sign and digits. */
  private static final class Number {

    final long value;

    /** The position after the number; its start if there are no digits. */
    final int end;

    Number(byte[] line, int from) {
      int at = from;
      while (Ascii.isSpace(line[at])) {
        at++;
      }
      boolean negative = line[at] == '-';
      if (negative || line[at] == '+') {
        at++;
      }
      int digits = at;
      long number = 0;
      boolean fits = true;
      for (; line[at] >= '0' && line[at] <= '9'; at++) {
        int digit = line[at] - '0';
        fits &= number <= (Long.MAX_VALUE - digit) / 10;
        number = fits ? number * 10 + digit : Long.MAX_VALUE;
      }
      value = negative ? -number : number;
      end = at == digits ? from : at;
    }
  }
}
