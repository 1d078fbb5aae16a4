package io.redoubt.dist.load;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.resp.ProtocolException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counts complete replies in a stream, without creating objects for them. Input may be split
 * anywhere.
 */
public final class ReplyCounter {
  /** A script may reply with tables nested 200 deep. */
  private static final int MAX_DEPTH = 1024;

  /** The limit of a kept line; longer simple strings and errors are truncated. */
  private static final int MAX_LINE_BYTES = 64 * 1024;

  private static final int FIRST_LINE_BYTES = 64;
  private static final int FIRST_DEPTH = 8;

  private byte[] line = new byte[FIRST_LINE_BYTES];
  private int lineBytes;

  /** The bytes of a string that are still to come, with its line end. */
  private long skip;

  /** The elements missing at each depth of open collections. */
  private long[] missing = new long[FIRST_DEPTH];

  private int depth;
  private @Nullable String error;

  /**
   * True if the open or last outermost element is a push message or attribute, which is no reply.
   */
  private boolean aside;

  /** Forgets a partly received reply. */
  void reset() {
    lineBytes = 0;
    skip = 0;
    depth = 0;
    error = null;
  }

  /** Returns the first error reply since the last call, or null. */
  public @Nullable String takeError() {
    String taken = error;
    error = null;
    return taken;
  }

  /** Consumes all remaining bytes and returns the number of replies that they complete. */
  public int count(ByteBuffer bytes) throws ProtocolException {
    int replies = 0;
    while (bytes.hasRemaining()) {
      if (skip > 0) {
        int step = (int) Math.min(skip, bytes.remaining());
        bytes.position(bytes.position() + step);
        skip -= step;
        if (skip == 0) {
          replies += completed();
        }
        continue;
      }
      byte b = bytes.get();
      if (b != '\n') {
        if (lineBytes < MAX_LINE_BYTES) {
          if (lineBytes == line.length) {
            line = Arrays.copyOf(line, 2 * lineBytes);
          }
          line[lineBytes++] = b;
        } else if (line[0] != '+' && line[0] != '-') {
          throw new ProtocolException("Protocol error: too long a line in a reply");
        }
        continue;
      }
      replies += element();
      lineBytes = 0;
    }
    return replies;
  }

  private int element() throws ProtocolException {
    if (lineBytes < 2) {
      throw new ProtocolException("Protocol error: empty line in place of a reply");
    }
    if (depth == 0) {
      aside = line[0] == '>' || line[0] == '|';
    }
    switch (line[0]) {
      case '$', '=', '!' -> {
        long length = number();
        if (length >= 0) {
          skip = length + 2;
          return 0;
        }
      }
      case '*', '~', '>' -> {
        return opened(number());
      }
      case '%', '|' -> {
        return opened(2 * number());
      }
      case '-' -> {
        if (error == null) {
          error = new String(line, 1, lineBytes - 2, UTF_8);
        }
      }
      case '+', ':', '_', '#', ',', '(' -> {}
      default ->
          throw new ProtocolException(
              "Protocol error: unknown type of reply '" + (char) line[0] + "'");
    }
    return completed();
  }

  private int opened(long elements) throws ProtocolException {
    if (elements <= 0) {
      return completed();
    }
    if (depth == MAX_DEPTH) {
      throw new ProtocolException("Protocol error: too deep a reply");
    }
    if (depth == missing.length) {
      missing = Arrays.copyOf(missing, 2 * depth);
    }
    missing[depth++] = elements;
    return 0;
  }

  /** Counts an element; returns 1 if it completes a reply. */
  private int completed() {
    while (depth > 0) {
      if (--missing[depth - 1] > 0) {
        return 0;
      }
      depth--;
    }
    return aside ? 0 : 1;
  }

  private long number() throws ProtocolException {
    long number = 0;
    boolean negative = line[1] == '-';
    for (int i = negative ? 2 : 1; i < lineBytes - 1; i++) {
      int digit = line[i] - '0';
      if (digit < 0 || digit > 9) {
        throw new ProtocolException("Protocol error: invalid length in a reply");
      }
      number = number * 10 + digit;
    }
    return negative ? -number : number;
  }
}
