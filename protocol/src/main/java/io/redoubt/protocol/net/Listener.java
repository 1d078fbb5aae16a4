package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/** A listening socket. */
public final class Listener implements AutoCloseable {

  private final Channel channel;
  private final Loop loop;

  Listener(Channel channel, Loop loop) {
    this.channel = channel;
    this.loop = loop;
  }

  /** Returns the port, chosen by the system if 0 was requested; 0 for a path. */
  public int port() {
    return channel.localAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
  }

  /** Stops accepting, so that connections wait in the backlog, or resumes it. */
  public void accepting(boolean on) {
    channel.config().setAutoRead(on);
  }

  /**
   * Stops listening. The address is free on return with epoll, and in the loop's next turn with
   * NIO. Accepted connections remain open.
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
