package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.DefaultSelectStrategyFactory;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** Sockets polled with epoll. */
final class EpollSockets extends SystemSockets {
  /** Netty's word for polls that report more sockets as they become more. */
  private static final int UNLIMITED = 0;

  @Override
  public String name() {
    return "epoll";
  }

  @Override
  public IoHandlerFactory handlers() {
    return handlers(UNLIMITED);
  }

  @Override
  public IoHandlerFactory handlers(int maxEvents) {
    IoHandlerFactory netty =
        EpollIoHandler.newFactory(maxEvents, DefaultSelectStrategyFactory.INSTANCE);
    return executor -> new EpollHandler(netty.newHandler(executor));
  }

  @Override
  public ServerChannel listening(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? new EpollServerSocketChannel(family(inet))
        : new EpollServerDomainSocketChannel();
  }

  @Override
  public Channel connecting(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? new EpollSocketChannel(family(inet))
        : new EpollDomainSocketChannel();
  }

  @Override
  public SocketAddress address(SocketAddress address) {
    return address instanceof UnixDomainSocketAddress unix
        ? new DomainSocketAddress(unix.getPath().toString())
        : address;
  }

  @Override
  public void signalReadable(IoHandle channel, boolean listens) {
    channel.handle(NO_REGISTRATION, (EpollIoEvent) () -> EpollIoOps.EPOLLIN);
  }
}
