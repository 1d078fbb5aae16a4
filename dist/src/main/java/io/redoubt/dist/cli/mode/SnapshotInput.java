package io.redoubt.dist.cli.mode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The RDB file that follows SYNC: {@code $LENGTH} and as many bytes, or {@code $EOF:MARK} with a
 * mark of 40 characters, and bytes that end in the same mark. A master sends line feeds while it
 * prepares the file.
 */
final class SnapshotInput {
  private static final int MARK_BYTES = 40;
  private static final int READ_BYTES = 64 * 1024;
  private static final int MAX_LINE_BYTES = 1024;

  private final ModeContext context;
  private byte[] ahead = new byte[0];
  private int aheadAt;
  private long length;
  private byte @Nullable [] mark;

  SnapshotInput(ModeContext context) {
    this.context = context;
  }

  /** Announces a capability of this client; ignores the error of a master without it. */
  void announce(String option, String value) throws IOException, ModeException {
    context.err().print("sending REPLCONF " + option + " " + value + "\n");
    try {
      Reply reply = context.connection().call("REPLCONF", option, value);
      if (reply.isError()) {
        context.err().print("REPLCONF " + option + " error: " + reply.text() + "\n");
      }
    } catch (ProtocolException e) {
      throw new ModeException("Error: " + e.getMessage());
    }
  }

  /** Sends SYNC and reads the first line of its reply. */
  void start() throws IOException, ModeException {
    context.connection().send("SYNC".getBytes(ISO_8859_1));
    ahead = context.connection().takeRest();
    String line = line();
    while (line.isEmpty()) {
      line = line();
    }
    if (line.startsWith("$EOF:") && line.length() == 5 + MARK_BYTES) {
      mark = line.substring(5).getBytes(ISO_8859_1);
    } else if (line.startsWith("$")) {
      try {
        length = Long.parseLong(line.substring(1));
      } catch (NumberFormatException e) {
        throw new ModeException("SYNC with master failed: " + line);
      }
    } else {
      throw new ModeException("SYNC with master failed: " + line);
    }
  }

  /** Returns true if a mark rather than a length delimits the file. */
  boolean endsByMark() {
    return mark != null;
  }

  /** Returns the length of a file that is not delimited by a mark. */
  long length() {
    return length;
  }

  private String line() throws IOException, ModeException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] one = new byte[1];
    while (read(one, 1) == 1 && one[0] != '\n') {
      if (line.size() == MAX_LINE_BYTES) {
        throw new ModeException("SYNC with master failed: too long a line");
      }
      line.write(one[0]);
    }
    return line.toString(ISO_8859_1).trim();
  }

  private int read(byte[] room, int most) throws IOException {
    if (aheadAt < ahead.length) {
      int bytes = Math.min(most, ahead.length - aheadAt);
      System.arraycopy(ahead, aheadAt, room, 0, bytes);
      aheadAt += bytes;
      return bytes;
    }
    int bytes = context.connection().input().read(room, 0, most);
    if (bytes < 0) {
      throw new EOFException();
    }
    return bytes;
  }

  /** Copies the file; returns its length. Later bytes remain in the connection. */
  long copy(OutputStream target) throws IOException {
    byte[] room = new byte[READ_BYTES];
    byte[] end = mark;
    if (end == null) {
      for (long left = length; left > 0; ) {
        int bytes = read(room, (int) Math.min(room.length, left));
        target.write(room, 0, bytes);
        left -= bytes;
      }
      keepAhead();
      return length;
    }
    long total = 0;
    byte[] tail = new byte[0]; // the last bytes received, perhaps of the mark
    while (true) {
      int bytes = read(room, room.length);
      byte[] joined = Arrays.copyOf(tail, tail.length + bytes);
      System.arraycopy(room, 0, joined, tail.length, bytes);
      // The stream of commands starts only after REPLCONF ACK: nothing follows the mark.
      if (joined.length >= MARK_BYTES
          && Arrays.equals(joined, joined.length - MARK_BYTES, joined.length, end, 0, MARK_BYTES)) {
        target.write(joined, 0, joined.length - MARK_BYTES);
        keepAhead();
        return total + joined.length - MARK_BYTES;
      }
      int certain = Math.max(0, joined.length - MARK_BYTES);
      target.write(joined, 0, certain);
      total += certain;
      tail = Arrays.copyOfRange(joined, certain, joined.length);
    }
  }

  private void keepAhead() {
    context.connection().feed(ahead, aheadAt, ahead.length - aheadAt);
    aheadAt = ahead.length;
  }
}
