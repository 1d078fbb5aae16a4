package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.redoubt.protocol.process.IdleProcessors;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The factory of a {@link Transport}'s channels and event loop: system sockets or a simulated
 * network.
 */
public interface Sockets {

  /** Returns the name of the polling mechanism, such as {@code epoll}. */
  String name();

  /** Creates the polling mechanism of a loop. */
  IoHandlerFactory handlers();

  /**
   * Creates the polling mechanism of a loop whose polls report a limited number of sockets, if it
   * can.
   */
  default IoHandlerFactory handlers(int maxEvents) {
    return handlers();
  }

  /**
   * Creates a loop with its own thread, which the first task starts.
   *
   * @param handlers creates the polling mechanism: {@link #handlers}, possibly decorated
   */
  IoEventLoop newLoop(String threadName, IoHandlerFactory handlers);

  /** Parks the calling thread, a loop's, for a limited time or until it is unparked. */
  default void parkNanos(Object blocker, long nanos) {
    LockSupport.parkNanos(blocker, nanos);
  }

  /** Returns the reading of the time for which the machine's processors have been idle. */
  default LongSupplier idleProcessors() {
    return new IdleProcessors();
  }

  ServerChannel listening(SocketAddress address);

  Channel connecting(SocketAddress address);

  /** Returns the address to which a connection to {@code remote} is made. */
  default InetSocketAddress route(InetSocketAddress remote) {
    return remote;
  }

  /** Converts an address to the form that the channels require. */
  SocketAddress address(SocketAddress address);

  /**
   * Signals to an open channel that it may be readable, like the loop does.
   *
   * @param listens true for a listening channel
   */
  void signalReadable(IoHandle channel, boolean listens);
}
