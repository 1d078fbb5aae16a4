package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoEvent;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.nio.NioIoOps;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.spi.SelectorProvider;

/** Sockets polled with a Java selector. */
final class NioSockets extends SystemSockets {

  @Override
  public String name() {
    return "nio";
  }

  @Override
  public IoHandlerFactory handlers() {
    return NioIoHandler.newFactory();
  }

  @Override
  public ServerChannel listening(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? new NioServerSocketChannel(SelectorProvider.provider(), family(inet))
        : new NioServerDomainSocketChannel();
  }

  @Override
  public Channel connecting(SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? new NioSocketChannel(SelectorProvider.provider(), family(inet))
        : new NioDomainSocketChannel();
  }

  @Override
  public void signalReadable(IoHandle channel, boolean listens) {
    NioIoOps ops = listens ? NioIoOps.ACCEPT : NioIoOps.READ;
    channel.handle(NO_REGISTRATION, (NioIoEvent) () -> ops);
  }
}
