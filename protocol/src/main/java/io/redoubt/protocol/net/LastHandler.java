package io.redoubt.protocol.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;

/**
 * The last handler of a pipeline; drops events that a subclass does not handle. Netty's adapter
 * uses an annotation for that, for which Java generates two classes at startup.
 */
abstract class LastHandler implements ChannelInboundHandler {
  @Override
  public void handlerAdded(ChannelHandlerContext context) {}

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {}

  @Override
  public void channelRegistered(ChannelHandlerContext context) {}

  @Override
  public void channelUnregistered(ChannelHandlerContext context) {}

  @Override
  public void channelActive(ChannelHandlerContext context) {}

  @Override
  public void channelInactive(ChannelHandlerContext context) {}

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {}

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {}

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {}

  @Override
  @SuppressWarnings("deprecation") // netty's own adapter declares it again in the same way
  public abstract void exceptionCaught(ChannelHandlerContext context, Throwable thrown);
}
