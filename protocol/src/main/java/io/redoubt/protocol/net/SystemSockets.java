package io.redoubt.protocol.net;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.redoubt.protocol.tuning.ThreadPriority;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.ThreadFactory;

/** The common part of the system's sockets. */
abstract class SystemSockets implements Sockets {

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
