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
final class LentChannel extends SocketlessChannel implements ReadBatch.Target, LentSocket {
  private final IoThread thread;
  private final Channel socketChannel;
  private @Nullable IoSocket socket;
  private @Nullable Connection connection;
  private volatile boolean open = true;
  private volatile @Nullable SSLSession session;
  private boolean readingStopped;

  /** True once the socket is to return to the owner's loop. */
  private boolean recalled;

  /** True once the thread has been told to give up the socket. */
  private boolean leaving;

  /** The orders for the socket that the owner has given since. */
  private final ArrayDeque<Consumer<Channel>> postponed = new ArrayDeque<>(0);

  /** Input that arrived while the client must not be read; see {@link IoThreads}. */
  private final ArrayDeque<DeferredInput> deferred = new ArrayDeque<>(0);

  LentChannel(IoThread thread, Channel socketChannel) {
    super(socketChannel.id());
    this.thread = thread;
    this.socketChannel = socketChannel;
  }

  /** Starts the service of a new socket by the thread. */
  void open(Connection its, @Nullable Tls tls) {
    thread.order(serve(its, new SocketEnd(), tls)::open);
  }

  /** Starts the service by the thread of a socket that the owner's loop has served. */
  void takeOver(Connection its) {
    session = Tls.session(socketChannel.pipeline());
    config().setAutoRead(socketChannel.config().isAutoRead());
    thread.order(serve(its, SocketEnd.of(socketChannel), null)::takeOver);
  }

  private IoSocket serve(Connection its, SocketEnd end, @Nullable Tls tls) {
    connection = its;
    LentOutput output = (LentOutput) its.output();
    thread.stats().addConnections(1);
    IoSocket served = new IoSocket(thread, this, output, socketChannel, end, tls);
    socket = served;
    output.setSocket(served);
    return served;
  }

  // ---- the way back

  /**
   * Asks for the socket back, for the owner's loop: once all output is written, the thread gives it
   * up and reports {@link ReadBatch.Kind#LEFT}. Output and changes wait from then on.
   */
  void recall() {
    recalled = true;
    ((LentOutput) connection().output()).hold(this::leave);
  }

  boolean isRecalled() {
    return recalled;
  }

  private void leave() {
    if (open && !leaving) {
      leaving = true;
      thread.order(socket()::leave);
    }
  }

  /** Ends the use of this channel, whose socket the thread has given up. Returns the socket. */
  Channel end() {
    pipeline().removeLast(); // the connection remains open
    open = false;
    thread.stats().addConnections(-1);
    close();
    return socketChannel;
  }

  /** Does with the returned socket what the owner has asked of it meanwhile. */
  void finish() {
    socketChannel.config().setAutoRead(config().isAutoRead());
    postponed.forEach(change -> change.accept(socketChannel));
  }

  @Override
  public void onSecured(SSLSession complete) {
    session = complete;
  }

  @Override
  public @Nullable SSLSession session() {
    return session;
  }

  /** Returns the connection over this channel. */
  Connection connection() {
    return Objects.requireNonNull(connection);
  }

  /** Returns the events of the connection, which receive what the thread reports. */
  ConnectionEvents events() {
    return connection().events();
  }

  private IoSocket socket() {
    return Objects.requireNonNull(socket);
  }

  IoThread thread() {
    return thread;
  }

  ArrayDeque<DeferredInput> deferred() {
    return deferred;
  }

  @Override
  public SocketOutput newOutput(LoopStats stats, Runnable onDrained) {
    return new LentOutput(this, thread, stats, onDrained);
  }

  @Override
  public void change(Consumer<Channel> change) {
    order(socket -> {
      try {
        change.accept(socket);
      } catch (ChannelException e) {
        // The peer has closed the socket, which is reported next.
      }
    });
  }

  @Override
  public void passHeld() {
    order(RecordInput::passHeldOf);
  }

  private void order(Consumer<Channel> change) {
    if (leaving) {
      postponed.add(change);
    } else {
      thread.order(() -> change.accept(socketChannel));
    }
  }

  @Override
  public int fd() {
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
    if (!leaving) {
      thread.order(() -> socketChannel.config().setAutoRead(on));
    }
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
      thread.order(socket()::close);
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
