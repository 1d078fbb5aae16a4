package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** The channel of a {@link DirectConnection}: output goes to a receiver instead of a socket. */
final class DirectChannel extends AbstractChannel {
  private final ChannelMetadata metadata = new ChannelMetadata(false);
  private final ChannelConfig config = new DefaultChannelConfig(this);
  private final DirectConnection owner;
  private volatile boolean open = true;

  DirectChannel(DirectConnection owner) {
    super(null);
    this.owner = owner;
  }

  /** Reads waiting input, as the loop reads a socket. */
  void readable() {
    owner.drain();
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public ChannelMetadata metadata() {
    return metadata;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return true;
  }

  @Override
  protected SocketAddress localAddress0() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return localAddress0();
  }

  @Override
  protected void doBeginRead() {
    owner.wake(); // reading may have been off
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer output) {
    for (Object next = output.current(); next != null; next = output.current()) {
      ByteBuf buffer = (ByteBuf) next;
      byte[] bytes = new byte[buffer.readableBytes()];
      buffer.getBytes(buffer.readerIndex(), bytes);
      output.remove();
      owner.written(bytes);
    }
  }

  @Override
  protected void doClose() {
    open = false;
  }

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected void doBind(SocketAddress address) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Unconnectable();
  }

  private final class Unconnectable extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
      promise.setFailure(new UnsupportedOperationException());
    }
  }
}
