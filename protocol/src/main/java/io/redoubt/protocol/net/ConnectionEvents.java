package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestIndex;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The events of a connection on their way to its {@link Connection.Handler}: from the channel,
 * whose pipeline this object ends, or from the I/O thread that serves the socket. The handler gets
 * them in order: the opening, input, the peer's end, and the close, once. Confined to the event
 * loop.
 */
final class ConnectionEvents extends SocketEvents {
  private final Connection connection;
  private final ReadBuffer readBuffer;
  private final Consumer<Connection> acceptor;
  private Connection.@Nullable Handler handler;

  /** The last round of {@code Gathering} in which the connection was read. */
  private int readRound;

  /** The round of notifications before which an I/O thread's bytes last arrived. */
  private long receivedInRound = -1;

  /** True if input has arrived since {@link #takeUsed}. */
  private boolean used;

  private boolean opened;
  private boolean closeNotified;
  private @Nullable Throwable cause;

  /**
   * Creates the events of a connection that is not established.
   *
   * @param acceptor called once it is
   */
  ConnectionEvents(
      Connection connection, ReadBuffer readBuffer, boolean tls, Consumer<Connection> acceptor) {
    super(tls);
    this.connection = connection;
    this.readBuffer = readBuffer;
    this.acceptor = acceptor;
  }

  Connection connection() {
    return connection;
  }

  void setHandler(Connection.Handler its) {
    handler = its;
  }

  Connection.@Nullable Handler handler() {
    return handler;
  }

  /** Returns true once the connection is established, until the peer ends its side. */
  boolean mayGetInput() {
    return opened && !isInputEnded();
  }

  /** Returns true if input has arrived since the last call. */
  boolean takeUsed() {
    boolean was = used;
    used = false;
    return was;
  }

  /** Returns memory of the handler for the next read, or null for the shared buffer. */
  BufferMemory.@Nullable Block argumentRoom() {
    Connection.Handler current = handler;
    return current == null || isEncrypted() || connection.isClosing()
        ? null
        : current.argumentRoom(connection);
  }

  /** Keeps the reason of the close that follows, unless there was an earlier one. */
  void keepCause(@Nullable Throwable reason) {
    if (cause == null) {
      cause = reason;
    }
  }

  @Override
  void fail(Throwable thrown) {
    keepCause(thrown);
    connection.close();
  }

  @Override
  void close() {
    connection.close();
  }

  // ---- the end of a turn

  boolean isFirstReadIn(int round) {
    boolean first = readRound != round;
    readRound = round;
    return first;
  }

  void notifyReadDone() {
    used = true;
    Connection.Handler current = handler;
    if (current == null) {
      return;
    }
    try {
      current.onReadDone(connection);
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      fail(e);
    }
  }

  // ---- an I/O thread's reports

  /**
   * Takes bytes that an I/O thread has read, which remain valid until the readers' notification.
   */
  void receive(MemorySegment memory, long from, long to, @Nullable RequestIndex found) {
    if (receivedInRound == readBuffer.notificationRounds()) {
      readBuffer.notifyReaders(); // a connection is read once in a round
    }
    Connection.Handler current = handler;
    if (current != null && !connection.isClosing()) {
      try {
        current.onBytes(connection, memory, from, to, found);
      } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
        fail(e);
      }
      readBuffer.addReader(this);
      receivedInRound = readBuffer.notificationRounds();
    }
  }

  /** Takes an event of the socket. */
  void receive(ReadBatch.Kind event, @Nullable Throwable reason) {
    try {
      switch (event) {
        case OPENED -> open();
        case INPUT_END -> endInput();
        case POSSIBLE_END -> onPossibleEnd();
        case CLOSED -> {
          keepCause(reason);
          readBuffer.notifyReader(this);
          connection.close();
          notifyClosed(cause);
        }
        case BYTES, COPY, LEFT -> throw new IllegalArgumentException();
      }
    } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
      fail(e);
    }
  }

  // ---- the channel's events

  @Override
  public void channelActive(ChannelHandlerContext context) {
    connection.output().onActive();
    if (!isEncrypted() && !opened) {
      open();
    }
  }

  private void open() {
    opened = true;
    acceptor.accept(connection);
    if (handler == null) {
      connection.close();
    } else {
      handler.onOpen(connection);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      Connection.Handler current = handler;
      if (current == null || connection.isClosing()) {
        return;
      }
      if (isEncrypted()) {
        onDecrypted(current, bytes);
      } else if (bytes instanceof ArgumentRead read) {
        long from = read.offset();
        current.onBytes(connection, read.memory(), from, from + bytes.readableBytes());
      } else {
        long from = readBuffer.offset() + bytes.readerIndex();
        readBuffer.keep(bytes.writerIndex());
        current.onBytes(connection, readBuffer.memory(), from, from + bytes.readableBytes());
      }
    } finally {
      bytes.release();
    }
  }

  private void onDecrypted(Connection.Handler current, ByteBuf bytes) {
    while (bytes.isReadable() && !connection.isClosed()) {
      int before = bytes.readableBytes();
      long from = readBuffer.put(bytes);
      current.onBytes(connection, readBuffer.memory(), from, from + before - bytes.readableBytes());
      if (bytes.isReadable()) {
        readBuffer.addReader(this);
      }
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (opened) {
      readBuffer.addReader(this);
    }
    super.channelReadComplete(context);
  }

  @Override
  void onHandshake(ChannelHandlerContext context) {
    open();
  }

  @Override
  void onPossibleEnd() {
    readBuffer.notifyReader(this);
    Connection.Handler current = handler;
    if (opened && current != null) {
      current.onPossibleEnd(connection);
    } else {
      connection.passEnd();
    }
  }

  @Override
  void onInputEnd() {
    // This connection's earlier input is handled first. Input of others may have arrived later
    // and must be handled after the end.
    readBuffer.notifyReader(this);
    Connection.Handler current = handler;
    if (current == null) {
      connection.close();
    } else if (connection.isOpen() && !connection.isClosing()) {
      current.onInputEnd(connection);
      if (!connection.isOpen()) { // its own notification would follow the input of others
        notifyClosed(null);
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    notifyInactive();
  }

  /** Reports that the socket is closed, after all input. */
  void notifyInactive() {
    readBuffer.notifyReaders();
    notifyClosed(cause);
  }

  void notifyClosed(@Nullable Throwable reason) {
    if (closeNotified) {
      return;
    }
    closeNotified = true;
    connection.output().drop();
    if (handler != null) {
      handler.onClose(connection, reason);
    }
  }
}
