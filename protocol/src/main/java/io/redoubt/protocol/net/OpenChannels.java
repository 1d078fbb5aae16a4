package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The open channels of an event loop. Confined to it. */
final class OpenChannels {
  private final EventLoop eventLoop;
  private final Set<Channel> open = new HashSet<>();
  private final ChannelFutureListener onClosed = closed -> open.remove(closed.channel());

  OpenChannels(EventLoop eventLoop) {
    this.eventLoop = eventLoop;
  }

  /** Registers a channel with the loop. */
  ChannelFuture register(Channel channel) {
    open.add(channel);
    channel.closeFuture().addListener(onClosed);
    return eventLoop.register(channel);
  }

  /** Forgets a channel that is not registered with the loop any more. */
  void release(Channel channel) {
    open.remove(channel);
    channel.closeFuture().removeListener(onClosed);
  }

  /** Returns the channels, which must not change meanwhile. */
  Set<Channel> all() {
    return Collections.unmodifiableSet(open);
  }

  /** Returns a copy of the present channels. */
  List<Channel> copy() {
    return List.copyOf(open);
  }
}
