package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.UnixChannel;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestIndex;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a peer, over TCP or a Unix socket. Confined to the event loop of its {@link
 * Transport}: all methods must be called there, and the handler is.
 */
public final class Connection {

  /** Receives the events of a connection. An exception thrown by a method closes the connection. */
  public interface Handler {

    /** The connection was established. */
    void onOpen(Connection connection);

    /**
     * The bytes {@code [from, to)} of {@code memory} have arrived. They remain valid until {@link
     * #onReadDone} returns or the connection closes; the buffer is shared by all connections of the
     * loop. May be called once more after {@linkplain Connection#reading reading} was stopped, when
     * the peer closes its output.
     */
    void onBytes(Connection connection, MemorySegment memory, long from, long to);

    /**
     * Like the other method, for bytes that an I/O thread has read.
     *
     * @param found the requests found in them, or null; valid as long as the bytes, its selection
     *     only during the call
     */
    default void onBytes(
        Connection connection,
        MemorySegment memory,
        long from,
        long to,
        @Nullable RequestIndex found) {
      onBytes(connection, memory, from, to);
    }

    /**
     * Returns memory for the next bytes of a large argument, which {@link #onBytes} then receives
     * there, or null for the shared buffer. Called only after {@link Connection#expect}, and not
     * with TLS.
     */
    default BufferMemory.@Nullable Block argumentRoom(Connection connection) {
      return null;
    }

    /**
     * No more bytes arrive in this turn of the loop: the time to {@link Connection#flush}. Other
     * connections may have been read in between, so that the first one called can process the bytes
     * of all of them.
     */
    void onReadDone(Connection connection);

    /** Output that a flush left unwritten has been written; nothing is queued. */
    void onWritable(Connection connection);

    /**
     * The peer has ended its side and may still read; closes the connection unless overridden.
     * Called at most once, after the last {@link #onReadDone}. With TLS 1.2 the close_notify that
     * ends an encrypted connection's input ends its output, too (RFC 5246, 7.2.1).
     */
    default void onInputEnd(Connection connection) {
      connection.close();
    }

    /**
     * Encrypted input has arrived that may be the peer's end, after which nothing could be sent. It
     * is kept until the handler has answered all earlier input and calls {@link #passEnd}, which it
     * does at once unless overridden. More input may arrive before or instead.
     */
    default void onPossibleEnd(Connection connection) {
      connection.passEnd();
    }

    /**
     * The connection was closed or could not be established. Called once.
     *
     * @param cause the error, or null if either peer just closed the connection
     */
    void onClose(Connection connection, @Nullable Throwable cause);
  }

  private Channel channel;
  private final ChunkPool pool;
  private final LoopStats stats;
  private SocketOutput output;
  private final ConnectionEvents events;
  private final ReadBuffer.ConnectionReads reads;
  private final boolean unix;
  private final boolean tls;
  private final AddressTexts addresses;

  /** True if the connection closes, and reads nothing, as soon as nothing is queued. */
  private boolean closing;

  /** True if {@link #close} was called. */
  private boolean closed;

  /** True if the peer's possible end passes as soon as nothing is queued. */
  private boolean endMayPass;

  /**
   * Creates a connection.
   *
   * @param acceptor called once the connection is established
   */
  Connection(
      Channel channel,
      ChunkPool pool,
      ReadBuffer readBuffer,
      boolean unix,
      boolean tls,
      Consumer<Connection> acceptor) {
    this.channel = channel;
    this.pool = pool;
    stats = readBuffer.stats();
    events = new ConnectionEvents(this, readBuffer, tls, acceptor);
    reads = readBuffer.new ConnectionReads(events::argumentRoom);
    channel.config().setRecvByteBufAllocator(reads);
    this.unix = unix;
    addresses = new AddressTexts(unix);
    this.tls = tls;
    output = newOutput(channel);
  }

  private SocketOutput newOutput(Channel over) {
    return over instanceof LentSocket lent
        ? lent.newOutput(stats, this::onDrained)
        : new SendQueue(over, tls, stats, this::onDrained);
  }

  /** Continues over another channel, with what the earlier one has not sent. */
  void moveTo(Channel other) {
    channel = other;
    output = newOutput(other);
  }

  /** Returns true if the connection is established in both directions. */
  boolean mayMove() {
    return events.mayGetInput() && !closing;
  }

  /** Returns true if the channel has written all output. */
  boolean isAtRest() {
    ChannelOutboundBuffer queued = channel.unsafe().outboundBuffer();
    return queued != null && queued.isEmpty() && output.isEmpty();
  }

  /** Returns the end of the pipeline of the connection's channel. */
  ConnectionEvents events() {
    return events;
  }

  ReadBuffer.ConnectionReads reads() {
    return reads;
  }

  /** Returns the connection of a channel; null for a listener's. */
  static @Nullable Connection over(Channel channel) {
    ChannelHandler last = channel.pipeline().last();
    ChannelHandler end = last instanceof SocketEnd socket ? socket.server() : last;
    return end instanceof ConnectionEvents of ? of.connection() : null;
  }

  Channel channel() {
    return channel;
  }

  SocketOutput output() {
    return output;
  }

  /** Returns true if further input is ignored; see {@link #closeAfterFlush}. */
  boolean isClosing() {
    return closing;
  }

  /** Returns true if {@link #close} was called; the peer's close does not end its input. */
  boolean isClosed() {
    return closed;
  }

  /** Sets the handler; acceptors must do so at once, and it may be replaced later. */
  public void setHandler(Handler handler) {
    events.setHandler(handler);
  }

  /** Returns the handler, or null if none has been set. */
  public @Nullable Handler handler() {
    return events.handler();
  }

  /** Returns a chunk with room for at least {@code atLeastBytes}; 16 KiB if fewer are requested. */
  public Chunk newChunk(int atLeastBytes) {
    return pool.take(atLeastBytes);
  }

  /**
   * Returns a chunk like {@link #newChunk}, larger the more bytes are queued.
   *
   * @param waitingBytes the bytes to be sent before it that this connection has not got yet
   */
  public Chunk newChunk(int atLeastBytes, long waitingBytes) {
    return pool.take(
        Math.max(atLeastBytes, ChunkPool.chunkBytes(output.unwrittenBytes() + waitingBytes)));
  }

  /**
   * Returns a chunk that refers to bytes of the data, which are pinned until they are sent or the
   * chunk is released; null if they must be copied.
   *
   * @param block the start of the block of the data that contains the bytes
   */
  public @Nullable Chunk refer(MemorySegment source, long block, long offset, int bytes) {
    return pool.refer(source, block, offset, bytes);
  }

  /**
   * Queues the bytes of the chunk up to {@code endOffset}, an offset within its memory, and takes
   * over the chunk. Nothing is written before {@link #flush}. Discards the bytes if the connection
   * is closed.
   */
  public void send(Chunk chunk, long endOffset) {
    output.send(chunk, Math.toIntExact(endOffset - chunk.start()));
  }

  /**
   * Queues bytes of a shared chunk like {@link #send}, and takes over a reference to it.
   *
   * @param start the offset of the bytes within its memory
   */
  public void sendShared(SharedChunk shared, long start, int bytes) {
    if (output.sendShared(shared, start, bytes)) {
      return;
    }
    try {
      Chunk copy = pool.take(bytes);
      MemorySegment.copy(shared.memory(), start, copy.memory(), copy.start(), bytes);
      output.send(copy, bytes);
    } finally {
      shared.release();
    }
  }

  /** Writes queued bytes as far as the socket accepts them; the rest is written when it can be. */
  public void flush() {
    output.flush();
  }

  /** Returns the number of sent bytes that the socket has not accepted yet. */
  public long queuedBytes() {
    return output.unwrittenBytes();
  }

  /** Returns an estimate of the Java heap that so many queued bytes take, in bytes. */
  public static long queuedHeapBytes(long queuedBytes) {
    return ChunkPool.heapBytes(queuedBytes);
  }

  /** Returns the size of the buffers with the {@linkplain #queuedBytes() queued bytes}. */
  public long queuedMemoryBytes() {
    return output.unwrittenMemoryBytes();
  }

  private void onDrained() {
    Handler handler = events.handler();
    if (closing) {
      channel.close();
    } else if (handler != null) {
      handler.onWritable(this);
      if (endMayPass) {
        passEnd();
      }
    }
  }

  /** Passes the peer's possible end on when all queued output has been written. */
  public void passEnd() {
    endMayPass = !output.isEmpty();
    if (!endMayPass && channel instanceof LentSocket lent) {
      lent.passHeld();
      return;
    }
    RecordInput input = endMayPass ? null : channel.pipeline().get(RecordInput.class);
    if (input != null) {
      channel.eventLoop().execute(input::passHeld); // not within the handler's turn
    }
  }

  /** Closes the connection and discards queued output. */
  public void close() {
    closed = true;
    channel.close();
  }

  /**
   * Makes a later close send the end of the connection in one packet with the last bytes; a peer
   * that sends a request between the two would read a reset instead of the end. Must not be called
   * if input may be left unread, because the kernel would then drop the held packet.
   */
  public void holdLastPacket() {
    change(SocketOptions::cork);
  }

  /** Stops reading, and closes the connection when all queued output has been written. */
  public void closeAfterFlush() {
    closing = true;
    flush();
    if (output.isEmpty()) {
      channel.close();
    } else {
      reading(false);
    }
  }

  /**
   * Announces large input, so that the next read may fetch more at once; other reads are limited to
   * a fair share of a turn.
   *
   * @param bytes the missing bytes of one argument
   * @param largeRequests true if requests are so large that a larger read has few of them, too
   */
  public void expect(long bytes, boolean largeRequests) {
    reads.expect(bytes, largeRequests);
  }

  /** Pauses reading, which exerts back-pressure on the peer, or resumes it. */
  public void reading(boolean on) {
    channel.config().setAutoRead(on && !closing);
  }

  /** Returns true if the connection is open in both directions. */
  public boolean isOpen() {
    return channel.isActive();
  }

  public boolean isTls() {
    return tls;
  }

  /**
   * Returns the names in a field of the peer's certificate; none if it has presented none, or
   * without encryption.
   */
  public List<String> peerNames(PeerCertificate.Field field) {
    SSLSession session =
        channel instanceof LentSocket lent ? lent.session() : Tls.session(channel.pipeline());
    return session == null ? List.of() : PeerCertificate.names(session, field);
  }

  public boolean isUnix() {
    return unix;
  }

  /** Returns the peer's address in the form of {@link Addresses#describe}. */
  public String remoteAddress() {
    return addresses.remote(channel);
  }

  /** Returns the local address in the form of {@link Addresses#describe}. */
  public String localAddress() {
    return addresses.local(channel);
  }

  /** Returns the peer's IP address, or null. */
  public @Nullable InetSocketAddress remoteInetAddress() {
    return channel.remoteAddress() instanceof InetSocketAddress address ? address : null;
  }

  public @Nullable InetSocketAddress localInetAddress() {
    return channel.localAddress() instanceof InetSocketAddress address ? address : null;
  }

  /** Returns the file descriptor; -1 if the transport does not expose it. */
  public int fd() {
    if (channel instanceof LentSocket lent) {
      return lent.fd();
    }
    return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
  }

  /**
   * Enables TCP keep-alive: the kernel probes a silent peer after the given seconds, and three
   * times within as many seconds before it gives up. 0 disables it.
   */
  public void setKeepAlive(int seconds) {
    if (isUnix()) {
      return;
    }
    change(socket -> {
      socket.config().setOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
      if (seconds > 0) {
        SocketOptions.keepAlive(socket, seconds);
      }
    });
  }

  /**
   * Closes the connection if the peer's kernel does not acknowledge sent bytes for the given time,
   * as after a network failure. A stopped process remains connected, since its kernel still
   * acknowledges. Only with epoll.
   */
  public void setUnacknowledgedTimeout(int millis) {
    if (isUnix()) {
      return;
    }
    change(socket -> SocketOptions.setUnacknowledgedTimeout(socket, millis));
  }

  /** Sends small writes at once (the default), or coalesces them. */
  public void noDelay(boolean on) {
    if (isUnix()) {
      return;
    }
    change(socket -> socket.config().setOption(ChannelOption.TCP_NODELAY, on));
  }

  /**
   * Changes the options of the socket. Ignores errors on a socket that the peer has closed; the
   * connection closes next.
   */
  private void change(Consumer<Channel> change) {
    if (channel instanceof LentSocket lent) {
      lent.change(change);
      return;
    }
    try {
      change.accept(channel);
    } catch (ChannelException e) {
      events.keepCause(e);
    }
  }

  @Override
  public String toString() {
    return channel.toString();
  }
}
