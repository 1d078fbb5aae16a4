package io.redoubt.protocol.net;

import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.unix.FileDescriptor;

/**
 * Netty's handler of epoll events, without the events of closed sockets.
 *
 * <p>Netty finds the channel of an event by its descriptor. If a channel is closed while the events
 * of one poll are handled, the next socket gets its descriptor, and with it the events that the
 * poll returned for the closed one. The end of the old connection would then end the input of the
 * new one, which would never be read. A poll has no events of a channel that is registered after
 * it: all of them are dropped.
 */
final class EpollHandler extends ForwardingHandler {
  private int polls;

  EpollHandler(IoHandler handler) {
    super(handler);
  }

  @Override
  public int run(IoHandlerContext context) {
    polls++;
    return handler.run(context);
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new EpollRegistration(handler.register(new Handle((EpollIoHandle) handle)));
  }

  /** Drops the events of the poll during which a channel was registered. */
  @SuppressWarnings("try") // the interface's close() may throw any exception
  private final class Handle implements EpollIoHandle {
    private final EpollIoHandle channel;
    private final int registeredIn = polls;

    Handle(EpollIoHandle channel) {
      this.channel = channel;
    }

    @Override
    public FileDescriptor fd() {
      return channel.fd();
    }

    @Override
    public void handle(IoRegistration registration, IoEvent event) {
      if (registeredIn != polls) {
        channel.handle(registration, event);
      }
    }

    @Override
    public void registered() {
      channel.registered();
    }

    @Override
    public void unregistered() {
      channel.unregistered();
    }

    @Override
    public void close() throws Exception {
      channel.close();
    }
  }
}
