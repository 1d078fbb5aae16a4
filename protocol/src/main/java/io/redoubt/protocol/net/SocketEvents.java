package io.redoubt.protocol.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/**
 * The end of the pipeline of a plain or encrypted socket: tells when it is established and when its
 * input ends. Confined to the thread that serves the socket.
 */
abstract class SocketEvents extends LastHandler {
  private final boolean encrypted;

  /** The peer has sent close_notify; bytes that came before it may not be delivered yet. */
  private boolean inputEnding;

  private boolean inputEnded;

  SocketEvents(boolean encrypted) {
    this.encrypted = encrypted;
  }

  final boolean isEncrypted() {
    return encrypted;
  }

  final boolean isInputEnded() {
    return inputEnded;
  }

  /** Called when the handshake of an encrypted socket is complete. */
  abstract void onHandshake(ChannelHandlerContext context);

  /** Called before a record that may end the input is passed on. */
  abstract void onPossibleEnd();

  /** Called after the last input, while output is still possible. */
  abstract void onInputEnd();

  /** Closes the socket because of an error. */
  abstract void fail(Throwable thrown);

  /** Closes the socket. */
  abstract void close();

  /** Called after each read of the socket. A subclass calls it last. */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (inputEnding) {
      inputEnding = false;
      endInput();
    }
  }

  @Override
  public final void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      endSocketInput(context.pipeline());
    } else if (event == RecordInput.Notice.POSSIBLE_END) {
      onPossibleEnd();
    } else if (event == SslCloseCompletionEvent.SUCCESS) {
      inputEnding = true;
    } else if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        // Nothing answers the last message of a client's handshake in TLS 1.3.
        SocketOptions.acknowledge(context.channel());
        onHandshake(context);
      } else {
        fail(handshake.cause());
      }
    }
  }

  /**
   * Ends the input. With encryption, the peer should have sent close_notify before, and anybody can
   * end the connection without it; but each request tells its own length, so that those which have
   * arrived are whole.
   */
  private void endSocketInput(ChannelPipeline pipeline) {
    if (encrypted && !Tls.isEstablished(pipeline)) {
      close();
    } else if (!inputEnding && !inputEnded) {
      endInput();
    }
  }

  final void endInput() {
    inputEnded = true;
    onInputEnd();
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    fail(thrown);
  }
}
