package io.redoubt.server.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelId;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.RecvByteBufAllocator;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A connection of a simulated server as a Netty channel. */
final class SimulatedChannel extends AbstractChannel implements End.Listener {
  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final SimulatedSockets sockets;
  private final End end;
  private final Config config = new Config();
  private final LoopRegistration registration = new LoopRegistration();
  private @Nullable ChannelPromise connecting;
  private boolean connected;
  private boolean failed;
  private boolean closed;
  private boolean readWanted;

  SimulatedChannel(SimulatedSockets sockets, @Nullable Channel parent, End end) {
    super(parent, new SimulatedId(sockets.network.simulation().nextId()));
    this.sockets = sockets;
    this.end = end;
    connected = parent != null;
    end.setListener(this);
  }

  /** An id that follows from the seed; Netty's own are random. */
  record SimulatedId(long number) implements ChannelId {
    private static final long serialVersionUID = 1L;

    @Override
    public String asShortText() {
      return Long.toString(number);
    }

    @Override
    public String asLongText() {
      return asShortText();
    }

    @Override
    public int compareTo(ChannelId other) {
      return Long.compare(number, ((SimulatedId) other).number);
    }
  }

  // Events of the connection's end, between the turns of threads.

  @Override
  public void onConnected() {
    connected = true;
    sockets.ready(handle());
  }

  @Override
  public void onRefused() {
    failed = true;
    sockets.ready(handle());
  }

  @Override
  public void readable() {
    sockets.ready(handle());
  }

  @Override
  public void writable() {
    sockets.ready(handle());
  }

  private Handle handle() {
    return (Handle) unsafe();
  }

  // The Netty channel.

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public boolean isOpen() {
    return !closed;
  }

  @Override
  public boolean isActive() {
    return connected && connecting == null && !closed;
  }

  @Override
  protected boolean isCompatible(EventLoop loop) {
    return loop instanceof IoEventLoop io && io.isCompatible(Handle.class);
  }

  @Override
  protected SocketAddress localAddress0() {
    return new InetSocketAddress(end.host, end.port);
  }

  @Override
  protected @Nullable SocketAddress remoteAddress0() {
    return connected ? new InetSocketAddress(end.peer().host, end.peer().port) : null;
  }

  @Override
  protected void doRegister(ChannelPromise promise) {
    registration.begin(eventLoop(), handle(), promise);
  }

  @Override
  protected void doDeregister() {
    registration.end();
  }

  @Override
  protected void doBind(SocketAddress address) {}

  @Override
  protected void doDisconnect() {
    doClose();
  }

  @Override
  protected void doClose() {
    closed = true;
    end.close();
    ChannelPromise promise = connecting;
    if (promise != null) {
      connecting = null;
      promise.tryFailure(new ClosedChannelException());
    }
  }

  @Override
  protected void doBeginRead() {
    readWanted = true;
    if (end.isReadable()) {
      sockets.ready(handle());
    }
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer out) throws Exception {
    while (out.current() instanceof ByteBuf bytes) {
      sockets.network.simulation().interleave();
      int count = Math.min(bytes.readableBytes(), end.room());
      if (end.isReset()) {
        throw new IOException("Broken pipe");
      }
      if (count > 0) {
        byte[] sent = new byte[count];
        bytes.getBytes(bytes.readerIndex(), sent);
        end.send(sent);
      }
      boolean full = count < bytes.readableBytes();
      out.removeBytes(count);
      if (full) {
        return; // until the end becomes writable
      }
    }
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Handle();
  }

  private final class Config extends DefaultChannelConfig {
    Config() {
      super(SimulatedChannel.this);
    }

    @Override
    protected void autoReadCleared() {
      readWanted = false;
    }
  }

  /** The channel's handle for the event loop. */
  private final class Handle extends AbstractUnsafe implements SimulatedSockets.Ready {
    @Override
    public void connect(
        SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
      if (!promise.setUncancellable()) {
        return;
      }
      connecting = promise;
      if (!sockets.isDead()) {
        sockets.network.connect(end, (InetSocketAddress) remote);
      }
      eventLoop()
          .schedule(
              () -> fail(new ConnectTimeoutException("connection timed out: " + remote)),
              config.getConnectTimeoutMillis(),
              TimeUnit.MILLISECONDS);
    }

    private void fail(IOException cause) {
      ChannelPromise promise = connecting;
      if (promise != null) {
        connecting = null;
        promise.tryFailure(cause);
        close(voidPromise());
      }
    }

    @Override
    public void handle(IoRegistration registered, IoEvent event) {
      handle();
    }

    @Override
    public void handle() {
      if (failed) {
        fail(new ConnectException("Connection refused"));
      }
      ChannelPromise promise = connecting;
      if (connected && promise != null) {
        connecting = null;
        promise.trySuccess();
        pipeline().fireChannelActive();
        return;
      }
      if (isActive() && readWanted && end.isReadable()) {
        read();
      }
      if (isActive()) {
        flush0();
      }
    }

    @SuppressWarnings("deprecation") // the interface requires the deprecated type
    private void read() {
      if (end.isReset()) {
        pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        close(voidPromise());
        return;
      }
      RecvByteBufAllocator.Handle reads = recvBufAllocHandle();
      reads.reset(config);
      if (end.unreadBytes() == 0) {
        reads.readComplete();
        pipeline().fireChannelReadComplete();
        close(voidPromise());
        return;
      }
      readWanted = false;
      ByteBuf bytes = reads.allocate(alloc());
      int room = bytes.writableBytes();
      reads.attemptedBytesRead(room);
      bytes.writeBytes(end.read(room));
      reads.lastBytesRead(bytes.readableBytes());
      reads.incMessagesRead(1);
      pipeline().fireChannelRead(bytes);
      reads.readComplete();
      pipeline().fireChannelReadComplete();
    }

    @Override
    public void close() {
      close(voidPromise());
    }
  }
}
