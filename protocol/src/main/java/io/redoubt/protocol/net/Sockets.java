package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import java.net.SocketAddress;

/**
 * Where a {@link Transport} has its channels and its loop from: the system's sockets, or those of a
 * network that is simulated.
 */
public interface Sockets {

  /** The system property that forces NIO. */
  String FORCE_NIO = "io.redoubt.net.nio";

  /**
   * The system's: by epoll; by NIO where there is no epoll, or when the system property {@link
   * #FORCE_NIO} is true.
   */
  static Sockets ofSystem() {
    return ofSystem(Boolean.getBoolean(FORCE_NIO));
  }

  /** The system's: by NIO when {@code nio} or where there is no epoll, else by epoll. */
  static Sockets ofSystem(boolean nio) {
    return !nio && Epoll.isAvailable() ? new EpollSockets() : new NioSockets();
  }

  /** What a loop waits with, such as {@code epoll}. */
  String name();

  /** Makes what a loop waits with. */
  IoHandlerFactory handlers();

  /**
   * A loop with a thread of its own, which is started by the first task.
   *
   * @param handlers makes what it waits with: {@link #handlers}, with something added
   */
  IoEventLoop newLoop(String threadName, IoHandlerFactory handlers);

  /** A channel to listen with at an address. */
  ServerChannel listening(SocketAddress address);

  /** A channel to connect to an address with. */
  Channel connecting(SocketAddress address);

  /** An address as the channels want it. */
  SocketAddress address(SocketAddress address);

  /**
   * Tells an open channel that it may be readable, as the loop does.
   *
   * @param listens whether it is one that listens
   */
  void tellReadable(IoHandle channel, boolean listens);
}
