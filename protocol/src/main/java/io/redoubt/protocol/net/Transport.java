package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandle;
import io.netty.channel.ServerChannel;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.tuning.Gathering;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An event loop on its own thread, with its listeners and connections. */
public final class Transport implements AutoCloseable {

  private static final long CLOSE_TIMEOUT_MILLIS = 5000;

  private final Sockets sockets;
  private final EventLoop eventLoop;
  private final NettyLoop loop;
  private final BufferMemory memory;
  private final Gathering gathering = new Gathering(this::loopNanos);
  private final LoopStats stats;
  private final Turns turns;
  private final ReadBuffer readBuffer;
  private final ChunkPool chunks;
  private final IoThreads ioThreads;
  private final OpenChannels open;
  private final ConnectionOpener opener;
  private final ConnectionMoves moves;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Transport(
      String threadName,
      BufferMemory memory,
      Sockets sockets,
      LongSupplier commands,
      EndOfTurn endOfTurn) {
    this.sockets = sockets;
    this.memory = memory;
    stats = new LoopStats(this::loopNanos, commands);
    turns = new Turns(sockets, gathering, this::loopNanos, stats, endOfTurn);
    eventLoop = sockets.newLoop(threadName, turns);
    loop = new NettyLoop(eventLoop, onLoop(Thread::currentThread));
    readBuffer = onLoop(() -> new ReadBuffer(memory, gathering, stats));
    onLoop(() -> turns.atEnd(readBuffer::notifyReaders));
    chunks = new ChunkPool(memory);
    ioThreads = new IoThreads(sockets, memory, readBuffer, this::loopNanos);
    open = new OpenChannels(eventLoop);
    opener = new ConnectionOpener(sockets, open, chunks, readBuffer, ioThreads);
    moves = new ConnectionMoves(open, ioThreads, stats, this::loopNanos, sockets.idleProcessors());
  }

  /** Opens a transport over the system's sockets. */
  public static Transport open(String threadName, BufferMemory memory) {
    return open(threadName, memory, SystemSockets.choose());
  }

  /**
   * Starts an event loop.
   *
   * @param memory allocates its buffers; used on the loop's thread only
   */
  public static Transport open(String threadName, BufferMemory memory, Sockets sockets) {
    return open(threadName, memory, sockets, () -> 0, EndOfTurn.NOTHING);
  }

  /**
   * Starts an event loop.
   *
   * @param memory allocates its buffers; used on the loop's thread only
   * @param commands counts the commands executed on the loop, for its statistics
   * @param endOfTurn the work at the end of each turn, after all input was handled and before the
   *     loop waits
   */
  public static Transport open(
      String threadName,
      BufferMemory memory,
      Sockets sockets,
      LongSupplier commands,
      EndOfTurn endOfTurn) {
    return new Transport(threadName, memory, sockets, commands, endOfTurn);
  }

  public Loop loop() {
    return loop;
  }

  /** Returns the name of the polling mechanism, such as {@code epoll}. */
  public String name() {
    return sockets.name();
  }

  /** Returns the counters of the event loop, to be used on it. */
  public LoopStats stats() {
    return stats;
  }

  /**
   * Returns the size of idle buffers kept for reuse and of the buffers of I/O threads, in bytes.
   * They are not output or input that waits: a thread that gets no processor for a moment must not
   * make keys be evicted.
   */
  public long idleBytes() {
    return chunks.idleBytes() + ioThreads.bufferBytes();
  }

  /** Marks the packets (SO_MARK) of listeners to be opened, and of the connections to them. */
  public void markListeners(int mark) {
    onLoop(() -> {
      opener.markListeners(mark);
      return mark;
    });
  }

  /** Listens without TLS. */
  public Listener listen(SocketAddress address, int backlog, Consumer<Connection> acceptor)
      throws IOException {
    return listen(address, backlog, null, acceptor);
  }

  /**
   * Listens at an IP address or at a path ({@link UnixDomainSocketAddress}).
   *
   * @param backlog the maximum number of connections waiting to be accepted
   * @param tls encrypts connections; null for none
   * @param acceptor called on the loop with each connection; must set its handler or close it
   * @throws IOException on failure, with a message such as {@code bind: Address already in use} or
   *     {@code bind: Cannot assign requested address}
   */
  public Listener listen(
      SocketAddress address, int backlog, @Nullable Tls tls, Consumer<Connection> acceptor)
      throws IOException {
    try {
      return onLoop(() -> new Listener(opener.listen(address, backlog, tls, acceptor), loop));
    } catch (LoopFailure e) {
      String message = String.valueOf(e.getCause().getMessage());
      throw new IOException("bind: " + message.substring(message.lastIndexOf(": ") + 1).strip(), e);
    }
  }

  /** Connects without TLS. */
  public void connect(
      InetSocketAddress remote,
      @Nullable InetAddress source,
      int timeoutMillis,
      Connection.Handler handler) {
    connect(remote, source, timeoutMillis, null, handler);
  }

  /**
   * Connects, from any thread. Calls the handler's {@code onOpen} or {@code onClose} on the loop.
   * Unresolved host names are resolved on another thread first.
   *
   * @param source the local address, or null for any
   * @param timeoutMillis the timeout of the connection attempt
   * @param tls encrypts the connection; null for none
   */
  public void connect(
      InetSocketAddress remote,
      @Nullable InetAddress source,
      int timeoutMillis,
      @Nullable Tls tls,
      Connection.Handler handler) {
    if (!remote.isUnresolved()) {
      inLoop(() -> opener.connect(remote, source, timeoutMillis, tls, handler));
      return;
    }
    Thread.ofVirtual()
        .name("resolve " + remote.getHostString())
        .start(() -> {
          var resolved = new InetSocketAddress(remote.getHostString(), remote.getPort());
          loop.report(() -> opener.connect(resolved, source, timeoutMillis, tls, handler));
        });
  }

  /**
   * Opens a connection within the process. May be called on any thread.
   *
   * @param acceptor called on the loop with the connection, as with an accepted one
   * @param receiver receives the bytes sent by the acceptor's side
   */
  public DirectConnection direct(
      Consumer<Connection> acceptor, DirectConnection.Receiver receiver) {
    DirectConnection direct = new DirectConnection(this, memory, receiver);
    inLoop(() -> direct.open(acceptor));
    return direct;
  }

  /** Adds a channel without a socket; on the loop. */
  Connection register(DirectChannel channel, Consumer<Connection> acceptor) {
    return opener.openDirect(channel, acceptor);
  }

  /** Sets the longest pause for requests to gather, 0 for none; on the loop. */
  public void setGatheringMicros(int micros) {
    gathering.setMaxPauseMicros(micros);
  }

  /**
   * Sets the number of threads that may read and write for accepted connections; 0 to leave that to
   * the loop. A thread starts when the loop is busy, and ends once it is not needed any more and
   * its connections have moved. From any thread.
   *
   * @param alwaysActive true to use the threads even if the loop has little to do
   * @param refused receives why a busy loop could not start a thread, at most once a minute; on the
   *     loop
   * @throws IOException if threads that are to be used at once can't be started; the number stays
   *     as it is
   */
  public void setIoThreads(int count, boolean alwaysActive, Consumer<IOException> refused)
      throws IOException {
    try {
      onLoop(() -> {
        allowIoThreads(count, alwaysActive, refused);
        return count;
      });
    } catch (LoopFailure e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      throw e;
    }
  }

  private void allowIoThreads(int count, boolean alwaysActive, Consumer<IOException> refused)
      throws IOException {
    if (count > 0 || turns.servesOthers()) {
      ioThreads.attach(loop.thread().getName(), turns.handler(), moves);
      turns.serve(ioThreads, moves::endTurn);
      moves.adapt(count, alwaysActive, refused);
    }
  }

  /** Returns the number of I/O threads that serve connections now; on the loop. */
  public int servingIoThreads() {
    return ioThreads.serving();
  }

  /** Returns the moves of connections between the loop and I/O threads; on the loop. */
  public MoveStats moveStats() {
    return moves.stats();
  }

  /** Returns the number of reads by I/O threads so far; on the loop. */
  public long ioThreadReads() {
    return ioThreads.reads();
  }

  /** Returns the number of writes by I/O threads so far; on the loop. */
  public long ioThreadWrites() {
    return ioThreads.writes();
  }

  /** Returns the counters of the I/O threads; on the loop. */
  public List<IoThreadStats> ioThreadStats() {
    return ioThreads.all().stream().map(IoThread::stats).toList();
  }

  /** Returns true if the end of a turn is to come before the loop waits; on the loop. */
  public boolean isInTurn() {
    return turns.isReading();
  }

  /**
   * Polls all connections once from within a task that occupies the loop for long: reads available
   * input and accepts connections. Other tasks and timers wait.
   *
   * @param isBusy matches connections that must not be read now
   */
  public void serveMeanwhile(Predicate<Connection> isBusy) {
    turns.outside(() -> serve(isBusy));
  }

  /** Polls one connection like {@link #serveMeanwhile(Predicate)}. */
  public void serveMeanwhile(Connection connection) {
    turns.outside(() ->
        readBuffer.runNested(() -> {
          ready(connection.channel());
          ioThreads.takeMeanwhile(other -> other != connection);
        }));
  }

  private void serve(Predicate<Connection> isBusy) {
    readBuffer.runNested(() -> {
      List<Connection> ended = new ArrayList<>();
      for (Channel channel : open.copy()) {
        Connection connection = Connection.over(channel);
        boolean skipped = connection != null && isBusy.test(connection);
        if (!skipped && ready(channel) && connection != null && !channel.isActive()) {
          ended.add(connection);
        }
      }
      readBuffer.notifyReaders();
      ioThreads.takeMeanwhile(isBusy);
      ended.forEach(
          connection -> connection.events().notifyClosed(null)); // the channel would notify later
    });
  }

  /**
   * Signals to an open channel that it may be readable, like the loop does; returns false if it is
   * closed.
   */
  private boolean ready(Channel channel) {
    if (!channel.isRegistered() || !channel.isActive()) {
      return false;
    }
    if (channel instanceof LentChannel) {
      return false; // its thread reads it
    }
    if (channel instanceof DirectChannel direct) {
      direct.readable();
      return true;
    }
    sockets.signalReadable((IoHandle) channel.unsafe(), channel instanceof ServerChannel);
    return true;
  }

  private void inLoop(Runnable task) {
    if (loop.inLoop()) {
      task.run();
    } else {
      loop.execute(task);
    }
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
        } catch (Exception | Error e) { // the caller waits
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

  /** Closes all connections and listeners and stops the thread; must not be called on the loop. */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    // Netty's own shutdown sometimes leaves channels with pending events open.
    onLoop(() -> {
      closeChannels();
      closeUnsent();
      ioThreads.end();
      return true;
    });
    boolean threadsEnded = awaitThreads();
    eventLoop.shutdownGracefully(0, CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    if (hasEnded()) {
      if (threadsEnded) {
        ioThreads.close();
      }
      chunks.close();
      readBuffer.close();
    }
  }

  /** Waits for the end of the I/O threads. Returns true unless interrupted. */
  private boolean awaitThreads() {
    boolean all = true;
    try {
      for (IoThread each : onLoop(ioThreads::notEnded)) {
        all &= each.awaitEnd();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      all = false;
    }
    return all;
  }

  /** Closes all connections and listeners; on the loop. */
  public void closeChannels() {
    open.copy().forEach(Channel::close);
  }

  /**
   * Closes the channels that wait until close_notify is written, which a full socket delays. Netty
   * would not release their encrypted output after the end of the loop.
   */
  private void closeUnsent() {
    for (Channel channel : open.copy()) {
      if (!(channel instanceof LentChannel)) {
        channel.unsafe().close(channel.voidPromise());
      }
    }
  }

  private boolean hasEnded() {
    try {
      boolean ended = eventLoop.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
      loop.thread().join(); // so that tests which look for leaked threads don't find it
      return ended;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Wraps the exception of a task whose caller awaits it. */
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
}
