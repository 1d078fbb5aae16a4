package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The end of the pipeline of an accepted socket, and its reads: both pass to the one that serves
 * the socket, the owner's loop or an {@link IoThread}. Changed only while the channel is registered
 * with neither, since netty keeps the handlers of a pipeline and the reads of a channel.
 */
final class SocketEnd extends LastHandler {
  private @Nullable LastHandler server;
  private @Nullable SingleReads reads;

  /** True while the channel is on its way from the owner's loop to a thread. */
  private boolean leaving;

  /** Adds the end to a channel's pipeline, and its reads to the channel, which has read nothing. */
  void addTo(Channel channel) {
    channel.config().setRecvByteBufAllocator(new Reads());
    channel.pipeline().addLast(this);
  }

  /** Returns the end of an accepted socket's pipeline. */
  static SocketEnd of(Channel socket) {
    return (SocketEnd) socket.pipeline().last();
  }

  /** Sets the handler of events, and the reads. */
  void serve(LastHandler handler, SingleReads itsReads) {
    server = handler;
    reads = itsReads;
  }

  LastHandler server() {
    return Objects.requireNonNull(server);
  }

  private SingleReads reads() {
    return Objects.requireNonNull(reads);
  }

  boolean isLeaving() {
    return leaving;
  }

  void setLeaving(boolean on) {
    leaving = on;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    server().channelActive(context);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    server().channelInactive(context);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    server().channelRead(context, message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    server().channelReadComplete(context);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    server().userEventTriggered(context, event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    server().exceptionCaught(context, thrown);
  }

  private final class Reads extends SingleReads {
    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return reads().allocate(allocator);
    }

    @Override
    public void readComplete() {
      reads().readComplete();
    }
  }
}
