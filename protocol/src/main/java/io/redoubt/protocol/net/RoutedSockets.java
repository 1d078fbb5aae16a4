package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * Sockets that redirect outgoing connections to other addresses, such as relays in tests. All
 * callers still see the address that they asked for.
 */
public final class RoutedSockets implements Sockets {
  private final Sockets sockets;
  private final UnaryOperator<InetSocketAddress> routes;

  /**
   * Leads connections over {@code sockets}.
   *
   * @param routes returns where a connection to an address is made; called on the loop
   */
  public RoutedSockets(Sockets sockets, UnaryOperator<InetSocketAddress> routes) {
    this.sockets = sockets;
    this.routes = routes;
  }

  @Override
  public InetSocketAddress route(InetSocketAddress remote) {
    return routes.apply(remote);
  }

  @Override
  public String name() {
    return sockets.name();
  }

  @Override
  public IoHandlerFactory handlers() {
    return sockets.handlers();
  }

  @Override
  public IoHandlerFactory handlers(int maxEvents) {
    return sockets.handlers(maxEvents);
  }

  @Override
  public IoEventLoop newLoop(String threadName, IoHandlerFactory handlers) {
    return sockets.newLoop(threadName, handlers);
  }

  @Override
  public void parkNanos(Object blocker, long nanos) {
    sockets.parkNanos(blocker, nanos);
  }

  @Override
  public LongSupplier idleProcessors() {
    return sockets.idleProcessors();
  }

  @Override
  public ServerChannel listening(SocketAddress address) {
    return sockets.listening(address);
  }

  @Override
  public Channel connecting(SocketAddress address) {
    return sockets.connecting(address);
  }

  @Override
  public SocketAddress address(SocketAddress address) {
    return sockets.address(address);
  }

  @Override
  public void signalReadable(IoHandle channel, boolean listens) {
    sockets.signalReadable(channel, listens);
  }
}
