package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import java.net.SocketAddress;
import java.util.function.LongSupplier;

/** The system's sockets on a machine that has always two idle processors. */
final class IdleMachine implements Sockets {
  private final Sockets system = SystemSockets.choose();

  @Override
  public LongSupplier idleProcessors() {
    return () -> 2 * System.nanoTime() & Long.MAX_VALUE;
  }

  @Override
  public String name() {
    return system.name();
  }

  @Override
  public IoHandlerFactory handlers() {
    return system.handlers();
  }

  @Override
  public IoEventLoop newLoop(String threadName, IoHandlerFactory handlers) {
    return system.newLoop(threadName, handlers);
  }

  @Override
  public ServerChannel listening(SocketAddress address) {
    return system.listening(address);
  }

  @Override
  public Channel connecting(SocketAddress address) {
    return system.connecting(address);
  }

  @Override
  public SocketAddress address(SocketAddress address) {
    return system.address(address);
  }

  @Override
  public void signalReadable(IoHandle channel, boolean listens) {
    system.signalReadable(channel, listens);
  }
}
