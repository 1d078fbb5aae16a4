package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a peer, over TCP or a Unix socket. All of it happens on the loop of its {@link
 * Transport}: every method is called there, and so is the handler.
 */
public final class Connection {

  /** What is told about a connection. A method that throws closes it. */
  public interface Handler {

    /** The connection is made. */
    void onOpen(Connection connection);

    /**
     * The bytes {@code [from, to)} of {@code memory} have come. They stay until {@link #onReadDone}
     * returns, or the connection closes: the buffer is shared by all connections of the loop. May
     * be called once more after {@link Connection#reading reading} has been stopped, when the peer
     * ends its side.
     */
    void onBytes(Connection connection, MemorySegment memory, long from, long to);

    /**
     * No more bytes come in this turn of the loop: the time to {@link Connection#flush}. Other
     * connections may have been read in between, so that work on the bytes of all of them can be
     * done by the first that is told.
     */
    void onReadDone(Connection connection);

    /** What a flush had to leave behind has gone to the socket, and so nothing is queued. */
    void onWritable(Connection connection);

    /**
     * The peer has ended its side and may still read; closes the connection unless overridden.
     * Called at most once, after the last {@link #onReadDone}, on accepted connections without
     * encryption.
     */
    default void onInputEnd(Connection connection) {
      connection.close();
    }

    /**
     * The connection is closed, or could not be made. Called once.
     *
     * @param cause what went wrong, null when either side just closed it
     */
    void onClose(Connection connection, @Nullable Throwable cause);
  }

  private final Channel channel;
  private final ChunkPool pool;
  private final ReadBuffer readBuffer;
  private final boolean unix;
  private final boolean tls;
  private @Nullable Handler handler;
  private @Nullable Throwable cause;

  /** The last round of {@link Gathering} in which this was read. */
  private int readRound;

  /** Where bytes can be written to past the channel; null where all must go through it. */
  private @Nullable Socket socket;

  /**
   * What was sent while nothing was queued, and has not been flushed: nearly always that is all,
   * and the socket takes it at once, so that the channel's queue need not know of it.
   */
  private @Nullable Chunk first;

  private int firstBytes;

  /** What has not been written, the first chunk's bytes included. */
  private long queuedBytes;

  private boolean flushLeftBytes;
  private boolean closing;
  private boolean closeTold;

  Connection(Channel channel, ChunkPool pool, ReadBuffer readBuffer, boolean unix, boolean tls) {
    this.channel = channel;
    this.pool = pool;
    this.readBuffer = readBuffer;
    this.unix = unix;
    this.tls = tls;
  }

  /** Whether this is read for the first time in a round of reads, the rounds having numbers. */
  boolean isFirstReadIn(int round) {
    boolean first = readRound != round;
    readRound = round;
    return first;
  }

  /** The connection over a channel; null for a listener's. */
  static @Nullable Connection over(Channel channel) {
    ChannelHandler end = channel.pipeline().last();
    return end instanceof PipelineEnd of ? of.connection() : null;
  }

  Channel channel() {
    return channel;
  }

  /** Sets who is told; an acceptor does so at once, and it may be changed later. */
  public void handler(Handler handler) {
    this.handler = handler;
  }

  /** Who hears of it, or null before somebody has been set. */
  public @Nullable Handler handler() {
    return handler;
  }

  /** A chunk with room for {@code atLeastBytes} bytes; 16 KiB when fewer are asked for. */
  public Chunk newChunk(int atLeastBytes) {
    return pool.take(atLeastBytes);
  }

  /**
   * Queues the bytes of the chunk up to {@code endOffset}, an offset within its memory. The chunk
   * is no longer the caller's. Nothing is written before {@link #flush}. On a closed connection the
   * bytes vanish.
   */
  public void send(Chunk chunk, long endOffset) {
    int bytes = Math.toIntExact(endOffset - chunk.start());
    if (bytes == 0 || !channel.isActive()) {
      chunk.release();
      return;
    }
    if (tls) {
      sendEncrypted(chunk, bytes);
    } else if (queuedBytes == 0 && socket != null) {
      first = chunk;
      firstBytes = bytes;
    } else {
      queueFirst(0);
      channel.write(chunk.queued(this, 0, bytes), channel.voidPromise());
    }
    queuedBytes += bytes;
  }

  /** The chunk is done with when it is encrypted; its bytes are sent when the socket has them. */
  private void sendEncrypted(Chunk chunk, int bytes) {
    channel.write(chunk.queued(null, 0, bytes)).addListener(written -> sent(bytes));
  }

  /** Has the channel write what was sent first, from byte {@code from} on. */
  private void queueFirst(int from) {
    Chunk chunk = first;
    if (chunk != null) {
      first = null;
      channel.write(chunk.queued(this, from, firstBytes), channel.voidPromise());
    }
  }

  /** Writes what is queued as far as the socket takes it; the rest follows when it can. */
  public void flush() {
    if (first != null) {
      writeFirst(first);
    }
    if (queuedBytes > 0) {
      channel.flush();
      flushLeftBytes = queuedBytes > 0;
    }
  }

  private void writeFirst(Chunk chunk) {
    int written = 0;
    try {
      if (socket != null && channel.isActive()) {
        written = socket.sendAddress(chunk.nativeAddress(), 0, firstBytes);
      }
    } catch (IOException e) {
      written = 0; // the channel will meet the same, and closes by it
    }
    queuedBytes -= written;
    if (written == firstBytes) {
      first = null;
      chunk.release();
    } else {
      queueFirst(written);
    }
  }

  private void dropFirst() {
    Chunk chunk = first;
    if (chunk != null) {
      first = null;
      queuedBytes -= firstBytes;
      chunk.release();
    }
  }

  /** The bytes that have been sent by the caller and not yet been taken by the socket. */
  public long queuedBytes() {
    if (queuedBytes == 0) {
      return 0;
    }
    ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
    if (outbound == null) {
      return 0;
    }
    return tls ? queuedBytes : queuedBytes - outbound.currentProgress();
  }

  /** Called by the chunk when the channel is done with it. */
  void sent(int bytes) {
    queuedBytes -= bytes;
    if (queuedBytes == 0 && flushLeftBytes) {
      flushLeftBytes = false;
      channel.eventLoop().execute(this::drained); // the channel is in the middle of writing
    }
  }

  private void drained() {
    if (queuedBytes > 0 || !channel.isActive()) {
      return;
    }
    if (closing) {
      channel.close();
    } else if (handler != null) {
      handler.onWritable(this);
    }
  }

  /** Closes the connection; what is queued is lost. */
  public void close() {
    channel.close();
  }

  /** Closes the connection when all that is queued has been written; no more bytes are read. */
  public void closeAfterFlush() {
    closing = true;
    flush();
    if (queuedBytes == 0) {
      channel.close();
    } else {
      reading(false);
    }
  }

  /**
   * Notes that so many bytes are missing of one thing, so that the next read had better bring them
   * at once; else it brings what is a fair share of a turn of the loop.
   */
  public void expect(long bytes) {
    ReadBuffer.expect(channel, bytes);
  }

  /** Stops reading, so that the peer is held up, or goes on. */
  public void reading(boolean on) {
    channel.config().setAutoRead(on && !closing);
  }

  /** Whether bytes can be sent and come. */
  public boolean isOpen() {
    return channel.isActive();
  }

  /** Whether the connection is encrypted. */
  public boolean isTls() {
    return tls;
  }

  /** Whether this is a Unix socket. */
  public boolean isUnix() {
    return unix;
  }

  /** The peer's address as Redis prints it: {@link Addresses#describe}. */
  public String remoteAddress() {
    return describe(channel.remoteAddress());
  }

  /** This side's address as Redis prints it: {@link Addresses#describe}. */
  public String localAddress() {
    return describe(channel.localAddress());
  }

  private String describe(@Nullable SocketAddress address) {
    if (isUnix()) {
      SocketAddress path = channel.localAddress();
      if (Addresses.isUnnamed(path)) {
        path = channel.remoteAddress();
      }
      return Addresses.describe(path);
    }
    return Addresses.describe(address);
  }

  /** The peer's address when it is one of IP, else null. */
  public @Nullable InetSocketAddress remoteInetAddress() {
    return channel.remoteAddress() instanceof InetSocketAddress address ? address : null;
  }

  /** This side's address when it is one of IP, else null. */
  public @Nullable InetSocketAddress localInetAddress() {
    return channel.localAddress() instanceof InetSocketAddress address ? address : null;
  }

  /** The number of the file descriptor; -1 where the transport doesn't tell. */
  public int fd() {
    return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
  }

  /**
   * Has the kernel probe a silent peer after so many seconds, and three times more in as many
   * seconds again before it gives up. 0 turns that off.
   */
  public void keepAlive(int seconds) {
    if (isUnix()) {
      return;
    }
    try {
      channel.config().setOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
      if (seconds > 0) {
        SocketOptions.keepAlive(channel, seconds);
      }
    } catch (ChannelException e) {
      closedAlready(e);
    }
  }

  /** Whether small writes go out at once; they do unless this is turned off. */
  public void noDelay(boolean on) {
    if (isUnix()) {
      return;
    }
    try {
      channel.config().setOption(ChannelOption.TCP_NODELAY, on);
    } catch (ChannelException e) {
      closedAlready(e);
    }
  }

  /** A socket that the peer has closed takes no options; the end of the connection follows. */
  private void closedAlready(ChannelException e) {
    if (cause == null) {
      cause = e;
    }
  }

  void tellReadDone() {
    Handler told = handler;
    if (told == null) {
      return;
    }
    try {
      told.onReadDone(this);
    } catch (RuntimeException | OutOfMemoryError e) {
      fail(e);
    }
  }

  private void fail(Throwable thrown) {
    if (cause == null) {
      cause = thrown;
    }
    channel.close();
  }

  void tellClosed(@Nullable Throwable reason) {
    if (closeTold) {
      return;
    }
    closeTold = true;
    dropFirst();
    if (handler != null) {
      handler.onClose(this, reason);
    }
  }

  @Override
  public String toString() {
    return channel.toString();
  }

  /** The end of the channel's pipeline. */
  final class PipelineEnd extends ChannelInboundHandlerAdapter {

    private final Consumer<Connection> acceptor;
    private boolean opened;

    PipelineEnd(Consumer<Connection> acceptor) {
      this.acceptor = acceptor;
    }

    Connection connection() {
      return Connection.this;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      if (!tls) {
        socket =
            channel instanceof UnixChannel unix && unix.fd() instanceof Socket own ? own : null;
        open();
      }
    }

    private void open() {
      opened = true;
      acceptor.accept(Connection.this);
      if (handler == null) {
        channel.close();
      } else {
        handler.onOpen(Connection.this);
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      try {
        Handler told = handler;
        if (told != null && !closing && tls) {
          decrypted(told, bytes);
        } else if (told != null && !closing) {
          long from = readBuffer.offset() + bytes.readerIndex();
          readBuffer.taken(bytes.writerIndex());
          told.onBytes(Connection.this, readBuffer.memory(), from, from + bytes.readableBytes());
        }
      } finally {
        bytes.release();
      }
    }

    private void decrypted(Handler told, ByteBuf bytes) {
      while (bytes.isReadable() && channel.isActive()) {
        int before = bytes.readableBytes();
        long from = readBuffer.put(bytes);
        told.onBytes(
            Connection.this, readBuffer.memory(), from, from + before - bytes.readableBytes());
        if (bytes.isReadable()) {
          readBuffer.readDone(Connection.this);
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (opened) {
        readBuffer.readDone(Connection.this);
      }
    }

    /** An encrypted connection is made when both sides have agreed on the keys. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        endInput();
      } else if (event instanceof SslHandshakeCompletionEvent handshake) {
        if (handshake.isSuccess()) {
          open();
        } else {
          fail(handshake.cause());
        }
      }
    }

    private void endInput() {
      readBuffer.tellReaders(); // what it sent before comes first
      Handler told = handler;
      if (told == null) {
        channel.close();
      } else if (channel.isActive() && !closing) {
        told.onInputEnd(Connection.this);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      readBuffer.tellReaders(); // what it sent before comes first
      tellClosed(cause);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      fail(thrown);
    }
  }
}
