package io.redoubt.protocol.net;

import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelId;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** A channel on any event loop, without a socket of its own. */
abstract class SocketlessChannel extends AbstractChannel {
  private final ChannelMetadata metadata = new ChannelMetadata(false);
  private final ChannelConfig config =
      new DefaultChannelConfig(this) {
        @Override
        protected void autoReadCleared() {
          onReadingStopped();
        }
      };

  SocketlessChannel() {
    super(null);
  }

  SocketlessChannel(ChannelId id) {
    super(null, id);
  }

  @Override
  public final ChannelConfig config() {
    return config;
  }

  @Override
  public final ChannelMetadata metadata() {
    return metadata;
  }

  @Override
  protected final boolean isCompatible(EventLoop loop) {
    return true;
  }

  /** Reading was switched off. */
  void onReadingStopped() {}

  @Override
  protected SocketAddress localAddress0() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return localAddress0();
  }

  @Override
  protected final void doDisconnect() throws Exception {
    doClose();
  }

  @Override
  protected final void doBind(SocketAddress address) {
    throw new UnsupportedOperationException();
  }
}
