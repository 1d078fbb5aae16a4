package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.ServerChannel;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One event loop on one thread, with the listeners and connections that live on it. */
public final class Transport implements AutoCloseable {

  private static final long CLOSE_TIMEOUT_MILLIS = 5000;

  private final Sockets sockets;
  private final EventLoop eventLoop;
  private final NettyLoop loop;
  private final Turns turns;
  private final ReadBuffer readBuffer;
  private final ChunkPool chunks;
  private final Set<Channel> open = new HashSet<>(); // used on the loop
  private final AtomicBoolean closed = new AtomicBoolean();

  private Transport(String threadName, BufferMemory memory, Sockets sockets) {
    this.sockets = sockets;
    Gathering gathering = new Gathering(this::loopNanos);
    turns = new Turns(sockets.handlers(), gathering, this::loopNanos);
    eventLoop = sockets.newLoop(threadName, turns);
    loop = new NettyLoop(eventLoop, onLoop(Thread::currentThread));
    readBuffer = onLoop(() -> new ReadBuffer(memory, gathering));
    onLoop(() -> turns.atEnd(readBuffer::tellReaders));
    chunks = new ChunkPool(memory);
  }

  /** As the other one, with the system's sockets. */
  public static Transport open(String threadName, BufferMemory memory) {
    return open(threadName, memory, Sockets.ofSystem());
  }

  /**
   * Starts a loop.
   *
   * @param threadName the name of its thread
   * @param memory where its buffers come from; used on the loop's thread only
   */
  public static Transport open(String threadName, BufferMemory memory, Sockets sockets) {
    return new Transport(threadName, memory, sockets);
  }

  /** The loop. */
  public Loop loop() {
    return loop;
  }

  /** What the loop waits with, such as {@code epoll}. */
  public String name() {
    return sockets.name();
  }

  /** Bytes of buffers that are kept for the next output and hold nothing now. */
  public long idleBytes() {
    return chunks.idleBytes();
  }

  /** As the other one, without encryption. */
  public Listener listen(SocketAddress address, int backlog, Consumer<Connection> acceptor)
      throws IOException {
    return listen(address, backlog, null, acceptor);
  }

  /**
   * Listens at an address of IP or at a path ({@link UnixDomainSocketAddress}).
   *
   * @param backlog how many connections may wait to be accepted
   * @param tls how connections are encrypted, null for not at all
   * @param acceptor is called on the loop with each connection and sets its handler, or closes it
   * @throws IOException when that can't be, with a message such as {@code bind: Address already in
   *     use} or {@code bind: Cannot assign requested address}
   */
  public Listener listen(
      SocketAddress address, int backlog, @Nullable Tls tls, Consumer<Connection> acceptor)
      throws IOException {
    try {
      return onLoop(() -> new Listener(bind(address, backlog, tls, acceptor), loop));
    } catch (LoopFailure e) {
      String message = String.valueOf(e.getCause().getMessage());
      throw new IOException("bind: " + message.substring(message.lastIndexOf(": ") + 1).strip(), e);
    }
  }

  private Channel bind(
      SocketAddress address, int backlog, @Nullable Tls tls, Consumer<Connection> acceptor)
      throws IOException {
    Channel channel = sockets.listening(address);
    channel.config().setOption(ChannelOption.SO_BACKLOG, backlog);
    if (address instanceof InetSocketAddress inet) {
      channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
      if (inet.getAddress() instanceof Inet6Address) {
        SocketOptions.onlyIpv6(channel);
      }
    }
    channel.pipeline().addLast(new Acceptor(tls, acceptor));
    try {
      finished(register(channel));
      finished(channel.bind(sockets.address(address)));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return channel;
  }

  private ChannelFuture register(Channel channel) {
    open.add(channel);
    channel.closeFuture().addListener(closing -> open.remove(channel));
    return eventLoop.register(channel);
  }

  private static void finished(ChannelFuture future) throws IOException {
    Throwable cause = future.cause();
    if (cause != null) {
      throw cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
    }
    if (!future.isDone()) {
      throw new IllegalStateException("not done although on the loop");
    }
  }

  /** As the other one, without encryption. */
  public void connect(
      InetSocketAddress remote,
      @Nullable InetAddress source,
      int timeoutMillis,
      Connection.Handler handler) {
    connect(remote, source, timeoutMillis, null, handler);
  }

  /**
   * Connects; from any thread. The handler's {@code onOpen} or {@code onClose} is called on the
   * loop. A host that isn't resolved yet is looked up on another thread first.
   *
   * @param source the address of this side, or null for any
   * @param timeoutMillis how long the connection may take to come about
   * @param tls how it is encrypted, null for not at all
   */
  public void connect(
      InetSocketAddress remote,
      @Nullable InetAddress source,
      int timeoutMillis,
      @Nullable Tls tls,
      Connection.Handler handler) {
    if (!remote.isUnresolved()) {
      inLoop(() -> connectResolved(remote, source, timeoutMillis, tls, handler));
      return;
    }
    Thread.ofVirtual()
        .name("resolve " + remote.getHostString())
        .start(() -> {
          var resolved = new InetSocketAddress(remote.getHostString(), remote.getPort());
          loop.execute(() -> connectResolved(resolved, source, timeoutMillis, tls, handler));
        });
  }

  private void connectResolved(
      InetSocketAddress remote,
      @Nullable InetAddress source,
      int timeoutMillis,
      @Nullable Tls tls,
      Connection.Handler handler) {
    Channel channel = sockets.connecting(remote);
    Connection connection = adopt(channel, false, tls, c -> {});
    connection.handler(handler);
    if (remote.isUnresolved()) {
      connection.tellClosed(new UnknownHostException(remote.getHostString()));
      channel.unsafe().closeForcibly();
      return;
    }
    channel.config().setConnectTimeoutMillis(timeoutMillis);
    register(channel);
    SocketAddress local = source == null ? null : new InetSocketAddress(source, 0);
    channel
        .connect(remote, local)
        .addListener(future -> {
          Throwable cause = future.cause();
          if (cause != null) {
            connection.tellClosed(cause);
            channel.close();
          }
        });
  }

  /**
   * Sets what is done once a turn, when everything that had come has been handled and before the
   * loop waits; on the loop.
   */
  public void atEndOfTurn(EndOfTurn action) {
    turns.last(action);
  }

  /** Whether the end of a turn is to come before the loop waits; on the loop. */
  public boolean isInTurn() {
    return turns.isReading();
  }

  /**
   * Serves all connections once, from within something that keeps the loop for long: reads what
   * there is, and accepts. Tasks and timers wait.
   *
   * @param isBusy which connections must not be read now
   */
  public void serveMeanwhile(Predicate<Connection> isBusy) {
    turns.outside(() -> serve(isBusy));
  }

  /** Serves one connection, as the other method serves all. */
  public void serveMeanwhile(Connection connection) {
    turns.outside(() -> readBuffer.nested(() -> ready(connection.channel())));
  }

  private void serve(Predicate<Connection> isBusy) {
    readBuffer.nested(() -> {
      List<Connection> ended = new ArrayList<>();
      for (Channel channel : List.copyOf(open)) {
        Connection connection = Connection.over(channel);
        boolean skipped = connection != null && isBusy.test(connection);
        if (!skipped && ready(channel) && connection != null && !channel.isActive()) {
          ended.add(connection);
        }
      }
      readBuffer.tellReaders();
      ended.forEach(connection -> connection.tellClosed(null)); // the channel would do so later
    });
  }

  /** Tells a channel that it may be readable, as the loop does, unless it is closed. */
  private boolean ready(Channel channel) {
    if (!channel.isRegistered() || !channel.isActive()) {
      return false;
    }
    sockets.tellReadable((IoHandle) channel.unsafe(), channel instanceof ServerChannel);
    return true;
  }

  private void inLoop(Runnable task) {
    if (loop.inLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
  }

  private Connection adopt(
      Channel channel, boolean unix, @Nullable Tls tls, Consumer<Connection> opened) {
    channel.config().setRecvByteBufAllocator(readBuffer);
    Connection connection = new Connection(channel, chunks, readBuffer, unix, tls != null);
    connection.noDelay(true);
    if (tls != null) {
      tls.encrypt(channel);
    }
    channel.pipeline().addLast(connection.new PipelineEnd(opened));
    return connection;
  }

  private long loopNanos() {
    return eventLoop.ticker().nanoTime();
  }

  private <T> T onLoop(Callable<T> task) {
    try {
      if (eventLoop.inEventLoop()) {
        return task.call();
      }
      CompletableFuture<T> result = new CompletableFuture<>();
      eventLoop.execute(() -> {
        try {
          result.complete(task.call());
        } catch (Exception e) {
          result.completeExceptionally(e);
        }
      });
      return result.get();
    } catch (ExecutionException e) {
      throw new LoopFailure(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoopFailure(e);
    } catch (Exception e) {
      throw new LoopFailure(e);
    }
  }

  /** Closes all connections and listeners and ends the thread; not to be called on the loop. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    // Netty's own shutdown leaves open, now and then, what has an event to come.
    onLoop(() -> {
      closeChannels();
      return true;
    });
    eventLoop.shutdownGracefully(0, CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    if (hasEnded()) {
      chunks.close();
      readBuffer.close();
    }
  }

  /** Closes all connections, and stops to listen; on the loop. */
  public void closeChannels() {
    List.copyOf(open).forEach(Channel::close);
  }

  private boolean hasEnded() {
    try {
      return eventLoop.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** What went wrong in a task that was waited for. */
  private static final class LoopFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    LoopFailure(@Nullable Throwable cause) {
      super(cause);
    }

    @Override
    public synchronized Throwable getCause() {
      Throwable cause = super.getCause();
      return cause == null ? this : cause;
    }
  }

  /** Makes connections of the channels that a listener accepts. */
  private final class Acceptor extends ChannelInboundHandlerAdapter {

    private static final long PAUSE_MILLIS = 100;

    private final @Nullable Tls tls;
    private final Consumer<Connection> acceptor;

    Acceptor(@Nullable Tls tls, Consumer<Connection> acceptor) {
      this.tls = tls;
      this.acceptor = acceptor;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      Channel accepted = (Channel) message;
      boolean unix = !(context.channel().localAddress() instanceof InetSocketAddress);
      adopt(accepted, unix, tls, acceptor);
      // A peer that ends its side may still read replies. With encryption both sides end together.
      accepted.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, tls == null);
      register(accepted);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      // Out of file descriptors, as a rule: the connection waits in the backlog for a better time.
      Channel listening = context.channel();
      listening.config().setAutoRead(false);
      eventLoop.schedule(
          () -> listening.config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
