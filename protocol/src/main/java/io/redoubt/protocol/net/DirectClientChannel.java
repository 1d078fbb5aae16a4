package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of a {@link DirectConnection}, for clients built on netty: a channel without a
 * socket, on any of the client's event loops. It connects to the one server that it was created for
 * and ignores the given address.
 */
public final class DirectClientChannel extends SocketlessChannel {
  private final Function<DirectConnection.Receiver, DirectConnection> server;
  private final Queue<byte[]> input = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile @Nullable DirectConnection connection;
  private volatile boolean open = true;
  private boolean readRequested; // used on the loop

  /**
   * Creates an unconnected channel.
   *
   * @param server opens a connection to the server
   */
  public DirectClientChannel(Function<DirectConnection.Receiver, DirectConnection> server) {
    this.server = server;
  }

  /** Hands the bytes sent by the server's thread over to the client's loop, in order. */
  private final class Input implements DirectConnection.Receiver {
    @Override
    public void onBytes(byte[] bytes) {
      input.add(bytes);
      wake();
    }

    @Override
    public void onClose() {
      execute(DirectClientChannel.this::close);
    }
  }

  private void wake() {
    if (woken.compareAndSet(false, true)) {
      execute(this::deliver);
    }
  }

  private void execute(Runnable task) {
    try {
      eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      open = false; // the client's loop has ended, so nothing is read any more
    }
  }

  private void deliver() {
    woken.set(false);
    if (!readRequested || input.isEmpty()) {
      return;
    }
    readRequested = false;
    for (byte[] next = input.poll(); next != null; next = input.poll()) {
      pipeline().fireChannelRead(Unpooled.wrappedBuffer(next));
    }
    pipeline().fireChannelReadComplete();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public boolean isActive() {
    return open && connection != null;
  }

  @Override
  protected void doBeginRead() {
    readRequested = true;
    if (!input.isEmpty()) {
      wake();
    }
  }

  /** Sends all that waits at once, so that the server handles it in one turn. */
  @Override
  protected void doWrite(ChannelOutboundBuffer output) throws ClosedChannelException {
    DirectConnection current = connection;
    if (current == null || !current.isOpen()) {
      throw new ClosedChannelException();
    }
    byte[] bytes = new byte[Math.toIntExact(output.totalPendingWriteBytes())];
    int length = 0;
    for (Object next = output.current(); next != null; next = output.current()) {
      ByteBuf buffer = (ByteBuf) next;
      int readable = buffer.readableBytes();
      bytes = length + readable <= bytes.length ? bytes : Arrays.copyOf(bytes, length + readable);
      buffer.getBytes(buffer.readerIndex(), bytes, length, readable);
      length += readable;
      output.remove();
    }
    try {
      current.send(length == bytes.length ? bytes : Arrays.copyOf(bytes, length));
    } catch (RejectedExecutionException e) {
      throw new ClosedChannelException(); // the server has ended
    }
  }

  @Override
  protected void doClose() {
    open = false;
    DirectConnection current = connection;
    if (current != null) {
      current.close();
    }
  }

  @Override
  protected AbstractUnsafe newUnsafe() {
    return new Connecting();
  }

  private final class Connecting extends AbstractUnsafe {
    @Override
    public void connect(
        SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
      if (!promise.setUncancellable() || !ensureOpen(promise)) {
        return;
      }
      if (connection != null) {
        promise.setFailure(new AlreadyConnectedException());
        return;
      }
      try {
        connection = server.apply(new Input());
      } catch (RejectedExecutionException ended) {
        promise.tryFailure(new ConnectException("the server is closed"));
        return;
      }
      if (promise.trySuccess()) {
        pipeline().fireChannelActive();
      } else {
        close(voidPromise());
      }
    }
  }
}
