package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Copies input on its way to decryption, because the receive buffer is shared by all connections of
 * the loop and partial records must be kept.
 */
class SharedInput extends ChannelInboundHandlerAdapter {

  @Override
  public final void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf shared = (ByteBuf) message;
    ByteBuf copy;
    try {
      copy = context.alloc().directBuffer(shared.readableBytes()).writeBytes(shared);
    } finally {
      shared.release();
    }
    onCopy(context, copy);
  }

  /** Passes the copy on, which is then owned by the next handler. */
  void onCopy(ChannelHandlerContext context, ByteBuf copy) {
    context.fireChannelRead(copy);
  }
}
