package io.redoubt.server.replies;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Parses the requests in a stream of bytes slowly and plainly, from the whole stream: the oracle of
 * the tests that split and mutate streams.
 */
public final class ExpectedRequests {
  private static final int LONGEST_LINE = 64 * 1024;
  private static final long MAX_ARGUMENTS = Integer.MAX_VALUE;
  private static final long LONGEST_ARGUMENT = 512L << 20;

  private final List<List<byte[]>> requests = new ArrayList<>();
  private final byte[] bytes;
  private int at;
  private boolean violated;

  /** Thrown if the stream ends within a request. */
  private static final class Incomplete extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** Thrown if the stream violates the protocol. */
  private static final class Violation extends Exception {
    private static final long serialVersionUID = 1L;
  }

  /** Reads all of the bytes. */
  public ExpectedRequests(byte[] bytes) {
    this.bytes = bytes;
    try {
      while (at < bytes.length) {
        List<byte[]> words = bytes[at] == '*' ? array() : inline();
        if (!words.isEmpty()) {
          requests.add(words);
        }
      }
    } catch (Violation e) {
      violated = true;
    } catch (Incomplete e) {
      // the server does not answer the rest
    }
  }

  /** Returns the complete requests, without empty ones. */
  public List<List<byte[]>> requests() {
    return requests;
  }

  /** Returns the number of replies: one per request, and one for a violation of the protocol. */
  public int replies() {
    return requests.size() + (violated ? 1 : 0);
  }

  /** Returns true if the protocol is violated after the last request. */
  public boolean isViolated() {
    return violated;
  }

  private List<byte[]> array() throws Incomplete, Violation {
    long count = number(MAX_ARGUMENTS);
    List<byte[]> words = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      int header = at;
      line('\r', 1);
      if (bytes[header] != '$') {
        throw new Violation();
      }
      at = header;
      long length = number(LONGEST_ARGUMENT);
      if (length < 0) {
        throw new Violation();
      }
      if (bytes.length - at < length + 2) {
        throw new Incomplete();
      }
      words.add(slice(at, at + (int) length));
      at += (int) length + 2;
    }
    return words;
  }

  private long number(long most) throws Incomplete, Violation {
    byte[] line = line('\r', 1);
    String digits = new String(line, 1, line.length - 1, ISO_8859_1);
    if (!digits.matches("0|-?[1-9][0-9]{0,18}")) {
      throw new Violation();
    }
    try {
      long number = Long.parseLong(digits);
      if (number > most) {
        throw new Violation();
      }
      return number;
    } catch (NumberFormatException e) {
      throw new Violation();
    }
  }

  /**
   * Reads up to a byte, and skips the given number of bytes after it, which must exist. A line with
   * a NUL byte, which C takes for the end of text, never ends.
   */
  private byte[] line(char end, int more) throws Incomplete, Violation {
    int to = at;
    while (to < bytes.length && bytes[to] != end && bytes[to] != 0) {
      to++;
    }
    boolean endless = to == bytes.length || bytes[to] == 0;
    if (endless && bytes.length - at > LONGEST_LINE) {
      throw new Violation();
    }
    if (endless || to + more >= bytes.length) {
      throw new Incomplete();
    }
    byte[] line = slice(at, to);
    at = to + 1 + more;
    return line;
  }

  private List<byte[]> inline() throws Incomplete, Violation {
    byte[] line = line('\n', 0);
    List<byte[]> words = new ArrayList<>();
    int i = 0;
    while (true) {
      while (i < line.length && isSpace(line[i])) {
        i++;
      }
      if (i == line.length) {
        return words;
      }
      var word = new ByteArrayOutputStream();
      i = word(line, i, word);
      words.add(word.toByteArray());
    }
  }

  private static int word(byte[] line, int from, ByteArrayOutputStream word) throws Violation {
    int i = from;
    while (i < line.length && !endsWord(line[i])) {
      byte b = line[i++];
      if (b != '"' && b != '\'') {
        word.write(b);
        continue;
      }
      while (true) {
        if (i == line.length) {
          throw new Violation();
        }
        if (line[i] == b) {
          i++;
          break;
        }
        i = quoted(line, i, b == '"', word);
      }
      if (i < line.length && !isSpace(line[i])) {
        throw new Violation();
      }
      return i;
    }
    return i;
  }

  private static int quoted(byte[] line, int i, boolean escapes, ByteArrayOutputStream word) {
    byte b = line[i];
    byte next = i + 1 < line.length ? line[i + 1] : 0;
    if (b != '\\' || i + 1 == line.length || !(escapes || next == '\'')) {
      word.write(b);
      return i + 1;
    }
    Integer hex = escapes && next == 'x' && i + 3 < line.length ? hex(line, i + 2) : null;
    if (hex != null) {
      word.write(hex);
      return i + 4;
    }
    int escape = escapes ? "nrtba".indexOf(next) : -1;
    word.write(escape < 0 ? next : "\n\r\t\b\007".charAt(escape));
    return i + 2;
  }

  private static @Nullable Integer hex(byte[] line, int i) {
    int high = Character.digit((char) line[i], 16);
    int low = Character.digit((char) line[i + 1], 16);
    return high < 0 || low < 0 ? null : high * 16 + low;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b >= '\t' && b <= '\r';
  }

  /** Returns true for the spaces that end an unquoted word; a form feed does not. */
  private static boolean endsWord(byte b) {
    return b == ' ' || b == '\t' || b == '\r';
  }

  private byte[] slice(int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }
}
