package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/** An address at which connections are accepted. */
public final class Listener implements AutoCloseable {

  private final Channel channel;
  private final Loop loop;

  Listener(Channel channel, Loop loop) {
    this.channel = channel;
    this.loop = loop;
  }

  /** The port that is listened on, chosen by the system when 0 was asked for; 0 for a path. */
  public int port() {
    return channel.localAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
  }

  /** The address that is listened on, as {@link Addresses#describe} has it. */
  public String address() {
    return Addresses.describe(channel.localAddress());
  }

  /** Stops accepting, so that connections wait in the backlog, or goes on. */
  public void accepting(boolean on) {
    channel.config().setAutoRead(on);
  }

  /**
   * Stops listening. With epoll the address is free when this returns, with NIO in the loop's next
   * turn. Accepted connections stay.
   */
  @Override
  public void close() {
    if (loop.inLoop()) {
      channel.close();
    } else {
      channel.close().awaitUninterruptibly();
    }
  }
}
