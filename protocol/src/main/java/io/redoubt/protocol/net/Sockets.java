package io.redoubt.protocol.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.tuning.ThreadPriority;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * The factory of a {@link Transport}'s channels and event loop: system sockets or a simulated
 * network.
 */
public interface Sockets {

  /** The system property that forces NIO. */
  String FORCE_NIO = "io.redoubt.net.nio";

  /**
   * Returns the system's sockets: epoll, or NIO if epoll is unavailable or the system property
   * {@link #FORCE_NIO} is true.
   */
  static Sockets ofSystem() {
    return ofSystem(Boolean.getBoolean(FORCE_NIO));
  }

  /** Returns the system's sockets: NIO if {@code nio} or epoll is unavailable, otherwise epoll. */
  static Sockets ofSystem(boolean nio) {
    return !nio && Epoll.isAvailable() ? new EpollSockets() : new NioSockets();
  }

  /**
   * Spares netty a part of its start: searches of all jars of the program, for a log and for
   * selectors, and a pool of buffers. For processes that are nothing but a server, before any other
   * use of sockets.
   */
  static void ownProcess(Log log) {
    NettyLogger.use(log);
    // Buffers are the server's own, but for those of TLS.
    System.setProperty("io.netty.allocator.type", "unpooled");
    try {
      Class<?> selectors = Class.forName("sun.nio.ch.EPollSelectorProvider");
      System.setProperty("java.nio.channels.spi.SelectorProvider", selectors.getName());
    } catch (ClassNotFoundException e) {
      // Another system or JDK: it is found by the search.
    }
  }

  /**
   * Initializes what the system's sockets need, which takes a tenth of the start: netty's classes
   * and native library, and the system calls of the loop's thread.
   */
  static void prepare() {
    Sockets system = ofSystem();
    system.listening(new InetSocketAddress(0)).unsafe().closeForcibly(); // a channel's classes
    ByteBufAllocator _ = ByteBufAllocator.DEFAULT;
    ThreadPriority.prepare();
  }

  /** Returns the name of the polling mechanism, such as {@code epoll}. */
  String name();

  /** Creates the polling mechanism of a loop. */
  IoHandlerFactory handlers();

  /** Returns the registration by which a channel tells the polling mechanism what it waits for. */
  default IoRegistration registered(IoRegistration made) {
    return made;
  }

  /**
   * Creates a loop with its own thread, which the first task starts.
   *
   * @param handlers creates the polling mechanism: {@link #handlers}, possibly decorated
   */
  IoEventLoop newLoop(String threadName, IoHandlerFactory handlers);

  /** Creates a channel that listens at an address. */
  ServerChannel listening(SocketAddress address);

  /** Creates a channel that connects to an address. */
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
  void tellReadable(IoHandle channel, boolean listens);
}
