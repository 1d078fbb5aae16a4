package io.redoubt.server.replication.stream;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The framing of a full transfer, decoded by the replica. The first line is {@code $<length>} with
 * the length of the payload in bytes; or, from a master that sends its snapshot while creating it,
 * {@code $EOF:} and a mark of 40 random bytes that ends the payload. Empty lines before it are
 * signs of life. The payload is an RDB file.
 *
 * <p>A replica that has offered interleaving may receive {@link TransferFrames} instead, after
 * their own first line.
 *
 * <p>Bytes may arrive in chunks of any size; the mark is found across their boundaries.
 */
public final class TransferFraming {
  /** The length of the mark that ends a payload of unknown length. */
  public static final int MARK_BYTES = 40;

  /** The total length if the master does not announce it. */
  public static final long UNKNOWN = -1;

  private static final int LONGEST_LINE = 1024;
  private static final String MARK_PREFIX = "$EOF:";

  /** The receiver of the payload. */
  @FunctionalInterface
  public interface Sink {
    /** Receives the next bytes of the payload, valid only during the call. */
    void payload(MemorySegment memory, long offset, long length);

    /**
     * Receives the next bytes of the interleaved stream, valid only during the call. Called only if
     * interleaving was offered.
     */
    default void commands(MemorySegment memory, long offset, long length) {
      throw new IllegalStateException("received an interleaved stream that was not offered");
    }
  }

  /** The reader's position in the transfer. */
  public enum State {
    /** Before the first line. */
    HEADER,
    /** Within the payload. */
    PAYLOAD,
    /** After the payload; the command stream follows. */
    COMPLETE,
    /** The master sent an error or an invalid frame; see {@link #failure()}. */
    FAILED
  }

  private final boolean interleaves;
  private final TransferFrames frames = new TransferFrames();
  private boolean interleaved;
  private final StringBuilder line = new StringBuilder();
  private State state = State.HEADER;
  private long totalBytes = UNKNOWN;
  private long payloadBytes;
  private byte @Nullable [] mark;
  private final int[] shift = new int[256];

  /** The last received bytes, if they may be the start of the mark. */
  private final byte[] carry = new byte[MARK_BYTES - 1];

  private int carried;
  private @Nullable LogLine failure;

  /**
   * Creates the state before a transfer.
   *
   * @param interleaves true if the payload may be interleaved with the stream
   */
  public TransferFraming(boolean interleaves) {
    this.interleaves = interleaves;
  }

  /** Returns the header of a payload ended by a mark. */
  public static byte[] markedHeader(String mark) {
    if (mark.length() != MARK_BYTES) {
      throw new IllegalArgumentException("a mark has " + MARK_BYTES + " bytes: " + mark);
    }
    return (MARK_PREFIX + mark + "\r\n").getBytes(ISO_8859_1);
  }

  /** Returns the header of a payload of known length. */
  public static byte[] sizedHeader(long payloadBytes) {
    return ("$" + payloadBytes + "\r\n").getBytes(ISO_8859_1);
  }

  /** Returns the header of a payload interleaved with the stream. */
  public static byte[] interleavedHeader() {
    return (TransferFrames.HEADER + "\r\n").getBytes(ISO_8859_1);
  }

  /** Returns the reader's position. */
  public State state() {
    return state;
  }

  /** Returns the length of the payload in bytes, or {@link #UNKNOWN}. */
  public long totalBytes() {
    return totalBytes;
  }

  /** Returns the number of bytes of the payload passed to the sink. */
  public long payloadBytes() {
    return payloadBytes;
  }

  /** Returns true if a mark ends the payload; valid after the header. */
  public boolean isMarked() {
    return mark != null;
  }

  /** Returns true if the stream is interleaved with the payload; valid after the header. */
  public boolean isInterleaved() {
    return interleaved;
  }

  /** Returns the reason of the failure, null unless the transfer failed. */
  public @Nullable LogLine failure() {
    return failure;
  }

  /**
   * Decodes received bytes.
   *
   * @return the end of the transfer's bytes: {@code to}, unless the payload is complete or invalid
   */
  public long feed(MemorySegment memory, long from, long to, Sink sink) {
    long position = from;
    while (position < to && state == State.HEADER) {
      byte next = memory.get(ValueLayout.JAVA_BYTE, position++);
      if (next == '\n') {
        header();
      } else if (line.length() < LONGEST_LINE) {
        line.append((char) (next & 0xff));
      } else {
        fail("Bad protocol from MASTER, the first line is longer than " + LONGEST_LINE + " bytes");
      }
    }
    if (state != State.PAYLOAD || position == to) {
      return position;
    }
    if (interleaved) {
      return framed(memory, position, to, sink);
    }
    return mark == null ? sized(memory, position, to, sink) : marked(memory, position, to, sink);
  }

  private long framed(MemorySegment memory, long from, long to, Sink sink) {
    Sink counting =
        new Sink() {
          @Override
          public void payload(MemorySegment bytes, long offset, long length) {
            emit(bytes, offset, length, sink);
          }

          @Override
          public void commands(MemorySegment bytes, long offset, long length) {
            sink.commands(bytes, offset, length);
          }
        };
    long end = frames.feed(memory, from, to, counting);
    if (frames.isBroken()) {
      fail("Bad protocol from MASTER, a frame of an interleaved transfer is malformed");
    } else if (frames.isEnded()) {
      state = State.COMPLETE;
    }
    return end;
  }

  private void header() {
    int length = line.length();
    if (length > 0 && line.charAt(length - 1) == '\r') {
      line.setLength(length - 1);
    }
    String text = line.toString();
    line.setLength(0);
    if (text.isEmpty()) {
      return;
    }
    if (text.startsWith("-")) {
      fail("MASTER aborted replication with an error: " + text.substring(1));
    } else if (!text.startsWith("$")) {
      fail(
          String.format(
              Locale.ROOT,
              "Bad protocol from MASTER, the first byte is not '$' (we received '%s'), are you sure"
                  + " the host and port are right?",
              text));
    } else if (interleaves && text.equals(TransferFrames.HEADER)) {
      interleaved = true;
      state = State.PAYLOAD;
    } else if (text.startsWith(MARK_PREFIX) && text.length() == MARK_PREFIX.length() + MARK_BYTES) {
      begin(text.substring(MARK_PREFIX.length()).getBytes(ISO_8859_1));
    } else {
      begin(text);
    }
  }

  private void begin(byte[] endMark) {
    mark = endMark;
    Arrays.fill(shift, MARK_BYTES);
    for (int i = 0; i < MARK_BYTES - 1; i++) {
      shift[endMark[i] & 0xff] = MARK_BYTES - 1 - i;
    }
    state = State.PAYLOAD;
  }

  private void begin(String sizeLine) {
    try {
      totalBytes = Long.parseLong(sizeLine.substring(1));
    } catch (NumberFormatException notALength) {
      totalBytes = UNKNOWN;
    }
    if (totalBytes < 0) {
      fail("Bad protocol from MASTER, a transfer can't begin with '" + sizeLine + "'");
      return;
    }
    state = totalBytes == 0 ? State.COMPLETE : State.PAYLOAD;
  }

  private void fail(String text) {
    failure = LogLine.warning(text);
    state = State.FAILED;
  }

  private long sized(MemorySegment memory, long from, long to, Sink sink) {
    long length = Math.min(to - from, totalBytes - payloadBytes);
    emit(memory, from, length, sink);
    if (payloadBytes == totalBytes) {
      state = State.COMPLETE;
    }
    return from + length;
  }

  /**
   * Searches for the mark across the boundary to the carried bytes, then in the new ones. Bytes
   * that may be its start are carried over to the next call.
   */
  private long marked(MemorySegment memory, long from, long to, Sink sink) {
    if (carried > 0) {
      int joined = (int) Math.min(to - from, MARK_BYTES - 1);
      byte[] seam = new byte[carried + joined];
      System.arraycopy(carry, 0, seam, 0, carried);
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, from, seam, carried, joined);
      MemorySegment seamMemory = MemorySegment.ofArray(seam);
      long found = find(seamMemory, 0, seam.length);
      if (found >= 0) {
        emit(seamMemory, 0, found, sink);
        state = State.COMPLETE;
        return from + found + MARK_BYTES - carried;
      }
      long sure = Math.min(carried, Math.max(0, seam.length - carry.length));
      emit(seamMemory, 0, sure, sink);
      if (sure < carried) {
        carried = seam.length - (int) sure;
        System.arraycopy(seam, (int) sure, carry, 0, carried);
        return to;
      }
    }
    long found = find(memory, from, to);
    if (found >= 0) {
      emit(memory, from, found - from, sink);
      state = State.COMPLETE;
      return found + MARK_BYTES;
    }
    carried = (int) Math.min(to - from, carry.length);
    emit(memory, from, to - from - carried, sink);
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, to - carried, carry, 0, carried);
    return to;
  }

  /**
   * Finds the mark by Horspool's algorithm: compares at the window's end and skips by the byte
   * there.
   */
  private long find(MemorySegment memory, long from, long to) {
    byte[] wanted = mark;
    if (wanted == null) {
      return -1;
    }
    long at = from;
    while (at + MARK_BYTES <= to) {
      byte last = memory.get(ValueLayout.JAVA_BYTE, at + MARK_BYTES - 1);
      if (last == wanted[MARK_BYTES - 1] && matches(memory, at, wanted)) {
        return at;
      }
      at += shift[last & 0xff];
    }
    return -1;
  }

  private static boolean matches(MemorySegment memory, long at, byte[] wanted) {
    for (int i = 0; i < MARK_BYTES; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, at + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private void emit(MemorySegment memory, long from, long length, Sink sink) {
    if (length > 0) {
      payloadBytes += length;
      sink.payload(memory, from, length);
    }
  }
}
