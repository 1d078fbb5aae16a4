package io.redoubt.server.replication.stream;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The frames of an interleaved full sync: snapshot and command stream share one connection, so that
 * the master need not buffer the stream. Between Redoubt servers only: a replica offers {@code
 * REPLCONF capa interleave:<bytes>}, the number of stream bytes that it can buffer until it has the
 * snapshot. A master that accepts starts the transfer with the line {@code $INTERLEAVED}.
 *
 * <p>Frames follow, each with one byte for its kind, four bytes of length in network order, and the
 * content:
 *
 * <ul>
 *   <li>{@code S}: the next bytes of the snapshot, an RDB file as of the offset of {@code
 *       +FULLRESYNC};
 *   <li>{@code C}: the next bytes of the command stream, from that offset on;
 *   <li>{@code E}: the end of the snapshot, without content. The rest of the stream follows without
 *       frames.
 * </ul>
 *
 * <p>Frames of the two may alternate at any byte. The replica buffers the commands until it has
 * loaded the snapshot and then applies them, so the result equals that of any other full sync:
 * transactions stay whole, and every command is applied to the data that it was executed on.
 *
 * <p>This class decodes frames from chunks of any size.
 */
public final class TransferFrames {
  /** The first line of an interleaved transfer. */
  public static final String HEADER = "$INTERLEAVED";

  /** The prefix of the byte count in an offer of the capability. */
  public static final String CAPABILITY = "interleave:";

  /** The length of the prefix of a frame. */
  public static final int PREFIX_BYTES = 5;

  /** The maximum length of a frame; a longer one is considered corrupt. */
  static final int MAX_BYTES = 1 << 24;

  private static final ValueLayout.OfInt LENGTH =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** The kind of a frame's content. */
  public enum Kind {
    /** Bytes of the snapshot. */
    SNAPSHOT('S'),
    /** Bytes of the stream of commands. */
    COMMANDS('C'),
    /** The end of the snapshot. */
    END('E');

    private final byte code;

    Kind(char code) {
      this.code = (byte) code;
    }
  }

  /** Writes the prefix of a frame. */
  public static void putPrefix(MemorySegment memory, long offset, Kind kind, int contentBytes) {
    memory.set(ValueLayout.JAVA_BYTE, offset, kind.code);
    memory.set(LENGTH, offset + 1, contentBytes);
  }

  private final MemorySegment prefix = MemorySegment.ofArray(new byte[PREFIX_BYTES]);
  private int prefixBytes;
  private Kind kind = Kind.SNAPSHOT;
  private long leftBytes;
  private boolean ended;
  private boolean broken;

  /** Returns true after the end frame. */
  boolean isEnded() {
    return ended;
  }

  /** Returns true after an invalid frame. */
  boolean isBroken() {
    return broken;
  }

  /**
   * Decodes received bytes.
   *
   * @return the end of the frames: {@code to}, unless the end frame or an invalid one was received
   */
  long feed(MemorySegment memory, long from, long to, TransferFraming.Sink sink) {
    long position = from;
    while (position < to && !ended && !broken) {
      if (leftBytes == 0) {
        prefix.set(
            ValueLayout.JAVA_BYTE, prefixBytes++, memory.get(ValueLayout.JAVA_BYTE, position++));
        if (prefixBytes == PREFIX_BYTES) {
          prefixBytes = 0;
          begin(prefix.get(ValueLayout.JAVA_BYTE, 0), prefix.get(LENGTH, 1));
        }
        continue;
      }
      long length = Math.min(to - position, leftBytes);
      if (kind == Kind.SNAPSHOT) {
        sink.payload(memory, position, length);
      } else {
        sink.commands(memory, position, length);
      }
      position += length;
      leftBytes -= length;
    }
    return position;
  }

  private void begin(byte code, int contentBytes) {
    leftBytes = contentBytes;
    if (code == Kind.END.code && contentBytes == 0) {
      ended = true;
    } else if (contentBytes < 0 || contentBytes > MAX_BYTES) {
      broken = true;
    } else if (code == Kind.SNAPSHOT.code) {
      kind = Kind.SNAPSHOT;
    } else if (code == Kind.COMMANDS.code) {
      kind = Kind.COMMANDS;
    } else {
      broken = true;
    }
  }
}
