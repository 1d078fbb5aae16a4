package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens the connections of an event loop: those that its listeners accept, those to other hosts,
 * and those within the process. An accepted socket is served by the loop, or lent to an I/O thread.
 * Confined to the loop.
 */
final class ConnectionOpener {

  /** The connections that a listener accepts in a turn: as many as wait at the default backlog. */
  private static final int MAX_ACCEPTS = 512;

  private final Sockets sockets;
  private final OpenChannels open;
  private final ChunkPool chunks;
  private final ReadBuffer readBuffer;
  private final IoThreads ioThreads;
  private int listenerMark;

  ConnectionOpener(
      Sockets sockets,
      OpenChannels open,
      ChunkPool chunks,
      ReadBuffer readBuffer,
      IoThreads ioThreads) {
    this.sockets = sockets;
    this.open = open;
    this.chunks = chunks;
    this.readBuffer = readBuffer;
    this.ioThreads = ioThreads;
  }

  /** Marks the packets (SO_MARK) of listeners to be opened, and of the connections to them. */
  void markListeners(int mark) {
    listenerMark = mark;
  }

  /**
   * Returns the channel of a new listener.
   *
   * @param tls encrypts the connections; null for none
   * @throws IOException if it cannot listen
   */
  Channel listen(
      SocketAddress address, int backlog, @Nullable Tls tls, Consumer<Connection> acceptor)
      throws IOException {
    Channel channel = sockets.listening(address);
    channel.config().setOption(ChannelOption.SO_BACKLOG, backlog);
    channel.config().setRecvByteBufAllocator(accepts());
    if (address instanceof InetSocketAddress inet) {
      channel.config().setOption(ChannelOption.SO_REUSEADDR, true);
      SocketOptions.setMark(channel, listenerMark);
      if (inet.getAddress() instanceof Inet6Address) {
        SocketOptions.onlyIpv6(channel);
      }
    }
    channel.pipeline().addLast(new Acceptor(tls, acceptor));
    try {
      requireSuccess(open.register(channel));
      requireSuccess(channel.bind(sockets.address(address)));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return channel;
  }

  /**
   * Accepts several connections in a turn: netty's listeners with epoll compare the descriptor that
   * they get with a length in bytes, and would end after the first.
   */
  private static RecvByteBufAllocator accepts() {
    return new ServerChannelRecvByteBufAllocator()
        .respectMaybeMoreData(false)
        .maxMessagesPerRead(MAX_ACCEPTS);
  }

  private static void requireSuccess(ChannelFuture future) throws IOException {
    Throwable cause = future.cause();
    if (cause != null) {
      throw cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
    }
    if (!future.isDone()) {
      throw new IllegalStateException("not done although on the loop");
    }
  }

  /**
   * Connects, and calls the handler's {@code onOpen} or {@code onClose}.
   *
   * @param remote an unresolved address fails as unknown
   * @param source the local address, or null for any
   * @param tls encrypts the connection; null for none
   */
  void connect(
      InetSocketAddress remote,
      @Nullable InetAddress source,
      int timeoutMillis,
      @Nullable Tls tls,
      Connection.Handler handler) {
    Channel channel = sockets.connecting(remote);
    Connection connection = adopt(channel, false, tls, remote, c -> {});
    channel.pipeline().addLast(connection.events());
    connection.setHandler(handler);
    if (remote.isUnresolved()) {
      connection.events().notifyClosed(new UnknownHostException(remote.getHostString()));
      channel.unsafe().closeForcibly();
      return;
    }
    channel.config().setConnectTimeoutMillis(timeoutMillis);
    open.register(channel);
    SocketAddress local = source == null ? null : new InetSocketAddress(source, 0);
    channel
        .connect(sockets.route(remote), local)
        .addListener(future -> {
          Throwable cause = future.cause();
          if (cause != null) {
            connection.events().notifyClosed(cause);
            channel.close();
          }
        });
  }

  /** Opens a connection within the process, over a channel without a socket. */
  Connection openDirect(SocketlessChannel channel, Consumer<Connection> acceptor) {
    Connection connection = adopt(channel, true, null, null, acceptor);
    channel.pipeline().addLast(connection.events());
    open.register(channel);
    return connection;
  }

  private Connection adopt(
      Channel channel,
      boolean unix,
      @Nullable Tls tls,
      @Nullable InetSocketAddress remote,
      Consumer<Connection> opened) {
    // A peer that ends its side may still read replies.
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    Connection connection = newConnection(channel, unix, tls, opened);
    if (tls != null) {
      tls.encrypt(channel, remote);
    }
    return connection;
  }

  private Connection newConnection(
      Channel channel, boolean unix, @Nullable Tls tls, Consumer<Connection> opened) {
    return new Connection(channel, chunks, readBuffer, unix, tls != null, opened);
  }

  /** Serves an accepted socket on the loop. */
  private void serve(
      Channel channel, boolean unix, @Nullable Tls tls, Consumer<Connection> acceptor) {
    Connection connection = adopt(channel, unix, tls, null, acceptor);
    SocketEnd end = new SocketEnd();
    end.serve(connection.events(), connection.reads());
    end.addTo(channel);
    open.register(channel);
  }

  /** Lends an accepted socket to a thread. */
  private void lend(
      Channel socket,
      IoThread thread,
      boolean unix,
      @Nullable Tls tls,
      Consumer<Connection> acceptor) {
    LentChannel channel = new LentChannel(thread, socket);
    Connection connection = newConnection(channel, unix, tls, acceptor);
    channel.pipeline().addLast(connection.events());
    channel.open(connection, tls);
    open.register(channel);
  }

  /** Creates connections for the channels that a listener accepts. */
  private final class Acceptor extends LastHandler {

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
      IoThread thread = ioThreads.forNewConnection();
      if (thread != null) {
        lend(accepted, thread, unix, tls, acceptor);
        return;
      }
      serve(accepted, unix, tls, acceptor);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      // Usually out of file descriptors: the connection waits in the backlog.
      Channel listening = context.channel();
      listening.config().setAutoRead(false);
      listening
          .eventLoop()
          .schedule(
              () -> listening.config().setAutoRead(true), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
