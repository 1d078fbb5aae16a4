package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * Holds back what may be the peer's close_notify until the input before it is answered. The engine
 * of netty's OpenSSL ends output together with input, and would lose replies.
 *
 * <p>Records are told apart by their headers (RFC 8446, 5.1): a byte for the type, two for the
 * version, two for the length.
 */
final class RecordInput extends SharedInput {
  /** An event for the end of the pipeline. */
  enum Notice {
    /** A record is held until {@link #passHeld}. */
    POSSIBLE_END
  }

  private static final int HEADER_BYTES = 5;
  private static final int ALERT = 21;
  private static final int APPLICATION_DATA = 23;

  /** An alert in TLS 1.3: level, description, true type, and 16 bytes of authentication. */
  private static final int ENCRYPTED_ALERT_BYTES = 19;

  /** Java's peers pad each record. */
  private static final int PADDING_BYTES = 16;

  /** The header of the current record, as far as it has arrived. */
  private long header;

  private int headerBytes;

  /** Bytes of the current record that are still to arrive. */
  private int missing;

  private @Nullable ByteBuf held;

  /** The end of the socket's input that followed what is held; null while it goes on. */
  private @Nullable Object socketEnd;

  /** The place in the pipeline; null before this was added to it. */
  private @Nullable ChannelHandlerContext place;

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    place = context;
  }

  @Override
  void onCopy(ChannelHandlerContext context, ByteBuf copy) {
    ByteBuf earlier = takeHeld();
    if (earlier != null) {
      context.fireChannelRead(earlier);
    }
    int alert = startOfLastAlert(copy);
    if (alert >= 0) {
      held = copy.retainedSlice(alert, copy.writerIndex() - alert);
      copy.writerIndex(alert);
    }
    context.fireChannelRead(copy);
  }

  /** Returns the start of a whole record that may be an alert and ends the input, or -1. */
  private int startOfLastAlert(ByteBuf input) {
    int alert = -1;
    int end = input.writerIndex();
    for (int at = input.readerIndex(); at < end; ) {
      int skipped = Math.min(missing, end - at);
      missing -= skipped;
      at += skipped;
      int start = headerBytes == 0 ? at : -1;
      for (; headerBytes < HEADER_BYTES && at < end; headerBytes++, at++) {
        header = header << 8 | input.getUnsignedByte(at);
      }
      if (headerBytes == HEADER_BYTES) {
        missing = (int) header & 0xFFFF;
        alert = mayBeAlert((int) (header >>> 32)) && missing <= end - at ? start : -1;
        header = 0;
        headerBytes = 0;
      } else if (headerBytes > 0) {
        alert = -1;
      }
    }
    return alert;
  }

  private boolean mayBeAlert(int type) {
    return type == ALERT
        || (type == APPLICATION_DATA
            && (missing == ENCRYPTED_ALERT_BYTES
                || missing == ENCRYPTED_ALERT_BYTES + PADDING_BYTES));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.fireChannelReadComplete();
    if (held != null) {
      context.fireUserEventTriggered(Notice.POSSIBLE_END);
    }
  }

  /** Passes on what the input of a channel holds, if it has one. */
  static void passHeldOf(Channel channel) {
    RecordInput input = channel.pipeline().get(RecordInput.class);
    if (input != null) {
      input.passHeld();
    }
  }

  /** Passes on what is held, if input has not done so meanwhile. */
  void passHeld() {
    ByteBuf last = takeHeld();
    if (last != null && place != null) {
      place.fireChannelRead(last);
      place.fireChannelReadComplete();
      if (socketEnd != null) {
        place.fireUserEventTriggered(socketEnd);
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent && held != null) {
      socketEnd = event;
    } else {
      context.fireUserEventTriggered(event);
    }
  }

  private @Nullable ByteBuf takeHeld() {
    ByteBuf taken = held;
    held = null;
    return taken;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    ByteBuf last = takeHeld();
    if (last != null) {
      last.release();
    }
  }
}
