package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.unix.UnixChannel;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * The owner's end of a connection whose socket is served by an {@link IoThread}. It has no socket:
 * input arrives in {@link ReadBatch}es, output and changes leave as orders to the thread. Confined
 * to the owner's loop.
 */
final class LentChannel extends SocketlessChannel implements ReadBatch.Target {
  private final IoThread thread;
  private final Channel socketChannel;
  private @Nullable IoSocket socket;
  private @Nullable Connection connection;
  private volatile boolean open = true;
  private volatile @Nullable SSLSession session;
  private boolean readingStopped;

  /** Input that arrived while the client must not be read; see {@link IoThreads}. */
  private final ArrayDeque<DeferredInput> deferred = new ArrayDeque<>(0);

  LentChannel(IoThread thread, Channel socketChannel) {
    super(socketChannel.id());
    this.thread = thread;
    this.socketChannel = socketChannel;
  }

  /** Starts the service of the socket by the thread. */
  void open(Connection its, @Nullable Tls tls) {
    connection = its;
    LentOutput output = (LentOutput) its.output();
    thread.stats().addConnections(1);
    IoSocket opened = new IoSocket(thread, this, output, socketChannel, tls);
    socket = opened;
    output.setSocket(opened);
    thread.order(opened::open);
  }

  @Override
  public void onSecured(SSLSession complete) {
    session = complete;
  }

  /** Returns the session of the encryption; null without encryption or before its handshake. */
  @Nullable SSLSession session() {
    return session;
  }

  /** Returns the connection over this channel. */
  Connection connection() {
    return Objects.requireNonNull(connection);
  }

  IoThread thread() {
    return thread;
  }

  ArrayDeque<DeferredInput> deferred() {
    return deferred;
  }

  /** Changes the socket's options, on its thread. */
  void change(Consumer<Channel> change) {
    thread.order(() -> {
      try {
        change.accept(socketChannel);
      } catch (ChannelException e) {
        // The peer has closed the socket, which is reported next.
      }
    });
  }

  /** Passes on what may be the peer's end. */
  void passHeld() {
    IoSocket current = Objects.requireNonNull(socket);
    thread.order(current::passHeld);
  }

  /** Returns the file descriptor; -1 if the transport does not expose it. */
  int fd() {
    return socketChannel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open;
  }

  @Override
  protected SocketAddress localAddress0() {
    return socketChannel.localAddress();
  }

  @Override
  protected SocketAddress remoteAddress0() {
    return socketChannel.remoteAddress();
  }

  @Override
  void onReadingStopped() {
    if (!readingStopped) {
      readingStopped = true;
      setReading(false);
    }
  }

  @Override
  protected void doBeginRead() {
    if (readingStopped) {
      readingStopped = false;
      setReading(true);
    }
  }

  /** Reads the socket from now on, or not, whatever the owner of the connection wants. */
  void setReading(boolean on) {
    thread.order(() -> socketChannel.config().setAutoRead(on));
  }

  /** Returns true if the owner of the connection wants input. */
  boolean wantsInput() {
    return !readingStopped;
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer unused) {
    throw new UnsupportedOperationException("output passes LentOutput");
  }

  @Override
  protected void doClose() {
    if (open) {
      open = false;
      thread.stats().addConnections(-1);
      thread.order(socketChannel::close);
    }
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Unconnectable();
  }

  private final class Unconnectable extends AbstractUnsafe {
    @Override
    public void connect(SocketAddress remote, SocketAddress local, ChannelPromise promise) {
      promise.setFailure(new UnsupportedOperationException());
    }
  }
}
