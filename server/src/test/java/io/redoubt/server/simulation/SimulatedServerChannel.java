package io.redoubt.server.simulation;

import io.netty.channel.AbstractServerChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** A listening socket of a simulated server as a Netty channel. */
final class SimulatedServerChannel extends AbstractServerChannel
    implements SimulatedNetwork.Acceptor {
  private final SimulatedSockets sockets;
  private final ChannelConfig config = new DefaultChannelConfig(this);
  private final Queue<End> waiting = new ArrayDeque<>();
  private final LoopRegistration registration = new LoopRegistration();
  private @Nullable InetSocketAddress address;
  private boolean closed;
  private boolean readWanted;

  SimulatedServerChannel(SimulatedSockets sockets) {
    this.sockets = sockets;
  }

  @Override
  public void accept(End end) {
    waiting.add(end);
    sockets.ready((Handle) unsafe());
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public boolean isActive() {
    return address != null && !closed;
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return loop instanceof IoEventLoop io && io.isCompatible(Handle.class);
  }

  @Override
  protected @Nullable SocketAddress localAddress0() {
    return address;
  }

  @Override
  protected void doRegister(ChannelPromise promise) {
    registration.begin(eventLoop(), (Handle) unsafe(), promise);
  }

  @Override
  protected void doDeregister() {
    registration.end();
  }

  @Override
  protected void doBind(SocketAddress wanted) throws IOException {
    sockets.network.listen((InetSocketAddress) wanted, this);
    address = (InetSocketAddress) wanted;
  }

  @Override
  protected void doClose() {
    closed = true;
    InetSocketAddress old = address;
    if (old != null) {
      sockets.network.stopListening(old, this);
    }
    waiting.forEach(End::close);
    waiting.clear();
  }

  @Override
  protected void doBeginRead() {
    readWanted = true;
    if (!waiting.isEmpty()) {
      sockets.ready((Handle) unsafe());
    }
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Handle();
  }

  /** The channel's handle for the event loop. */
  private final class Handle extends AbstractUnsafe implements SimulatedSockets.Ready {
    @Override
    public void connect(
        SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void handle(IoRegistration registered, IoEvent event) {
      handle();
    }

    @Override
    public void handle() {
      End end = readWanted && isActive() ? waiting.poll() : null;
      if (end != null) {
        readWanted = false;
        pipeline().fireChannelRead(new SimulatedChannel(sockets, SimulatedServerChannel.this, end));
        pipeline().fireChannelReadComplete();
      }
    }

    @Override
    public void close() {
      close(voidPromise());
    }
  }
}
