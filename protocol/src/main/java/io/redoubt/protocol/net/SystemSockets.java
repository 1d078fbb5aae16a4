package io.redoubt.protocol.net;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.tuning.ThreadPriority;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.ThreadFactory;

/** The system's sockets, by epoll or by NIO. */
public abstract class SystemSockets implements Sockets {
  /** The system property that forces NIO. */
  public static final String FORCE_NIO = "io.redoubt.net.nio";

  private static final String LEAKS = "io.netty.leakDetection.level";

  /**
   * Returns the system's sockets: epoll, or NIO if epoll is unavailable or the system property
   * {@link #FORCE_NIO} is true.
   */
  public static Sockets choose() {
    return choose(Boolean.getBoolean(FORCE_NIO));
  }

  /** Returns the system's sockets: NIO if {@code nio} or epoll is unavailable, otherwise epoll. */
  public static Sockets choose(boolean nio) {
    return !nio && Epoll.isAvailable() ? new EpollSockets() : new NioSockets();
  }

  /**
   * Spares netty a part of its start: searches of all jars of the program, for a log and for
   * selectors, and a pool of buffers. For processes that are nothing but a server, before any other
   * use of sockets.
   */
  public static void ownProcess(Log log) {
    NettyLogger.use(log);
    // All buffers are the server's own, except those of TLS.
    System.setProperty("io.netty.allocator.type", "unpooled");
    // An event for each chunk of memory of TLS, for which the first one initializes JFR: 40 ms.
    System.setProperty("io.netty.jfr.enabled", "false");
    // Netty would record where a share of the buffers of TLS was used, for developers.
    System.setProperty(LEAKS, System.getProperty(LEAKS, "disabled"));
    // Netty's ids of connections would need a hardware address, and a machine may have none.
    System.setProperty("io.netty.machineId", "00:00:00:00:00:01");
    try {
      Class<?> selectors = Class.forName("sun.nio.ch.EPollSelectorProvider");
      System.setProperty("java.nio.channels.spi.SelectorProvider", selectors.getName());
    } catch (ClassNotFoundException e) {
      // Another system or JDK: it is found by the search.
    }
  }

  /**
   * Initializes netty's classes and native library and the system calls of the loop's thread, which
   * takes a tenth of the startup time.
   */
  public static void prepare() {
    Sockets system = choose();
    system.listening(new InetSocketAddress(0)).unsafe().closeForcibly(); // a channel's classes
    ByteBufAllocator _ = ByteBufAllocator.DEFAULT;
    ThreadPriority.prepare();
  }

  /** Channels do not use the registration of an event. */
  @SuppressWarnings("NullAway")
  static final IoRegistration NO_REGISTRATION = null;

  /** Scripts may nest 200 C calls, some with an 8 KiB buffer on the stack. */
  private static final long STACK_BYTES = 8L << 20;

  @Override
  public IoEventLoop newLoop(String threadName, IoHandlerFactory handlers) {
    ThreadFactory threads =
        task -> new FastThreadLocalThread(null, () -> loop(task), threadName, STACK_BYTES);
    return new SingleThreadIoEventLoop(null, threads, handlers);
  }

  /** Raises the thread's scheduling priority, because clients wait for it. */
  private static void loop(Runnable task) {
    ThreadPriority.shortenTimeSlices();
    task.run();
  }

  @Override
  public SocketAddress address(SocketAddress address) {
    return address;
  }

  static SocketProtocolFamily family(InetSocketAddress address) {
    return address.getAddress() instanceof Inet6Address
        ? SocketProtocolFamily.INET6
        : SocketProtocolFamily.INET;
  }
}
