package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection between threads of this process and an event loop, without a socket. On the loop it
 * is a {@link Connection} like any other. Input is passed through a queue; all pending input is
 * handled in one turn, like the bytes of one socket read.
 */
public final class DirectConnection {
  /** Receives the bytes sent by the loop's side. Called on the loop. */
  public interface Receiver {
    /** Bytes have been sent. */
    void onBytes(byte[] bytes);

    /** The connection was closed by either side; nothing follows. */
    void onClose();
  }

  private static final int BUFFER_BYTES = 64 * 1024;

  private final Transport transport;
  private final BufferMemory memory;
  private final Receiver receiver;
  private final DirectChannel channel = new DirectChannel(this);
  private final Queue<byte[]> input = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean woken = new AtomicBoolean();

  // Used on the loop:
  private BufferMemory.@Nullable Block buffer;
  private @Nullable Connection connection;
  private boolean draining;

  DirectConnection(Transport transport, BufferMemory memory, Receiver receiver) {
    this.transport = transport;
    this.memory = memory;
    this.receiver = receiver;
  }

  /** Opens the connection; on the loop. */
  void open(Consumer<Connection> acceptor) {
    connection = transport.register(channel, acceptor);
    channel
        .closeFuture()
        .addListener(closed -> {
          receiver.onClose();
          if (!draining) {
            freeBuffer();
          }
        });
  }

  /**
   * Hands over input, which must not be changed afterwards; from any thread.
   *
   * @throws RejectedExecutionException if the loop has ended
   */
  public void send(byte[] bytes) {
    input.add(bytes);
    wake();
  }

  /** Returns true until it is closed; from any thread. */
  public boolean isOpen() {
    return channel.isOpen();
  }

  /** Closes the connection; from any thread. */
  public void close() {
    channel.close();
  }

  void wake() {
    if (woken.compareAndSet(false, true)) {
      transport.loop().execute(this::drain);
    }
  }

  /** Handles the input that waits, in order; on the loop. */
  void drain() {
    woken.set(false);
    if (draining) {
      return;
    }
    draining = true;
    try {
      byte[] first = next();
      while (first != null) {
        handle(first);
        first = next();
      }
    } finally {
      draining = false;
      if (!channel.isOpen()) {
        freeBuffer();
      }
    }
  }

  private byte @Nullable [] next() {
    return channel.isOpen() && channel.config().isAutoRead() ? input.poll() : null;
  }

  /** Handles a piece of input together with the following ones that fit into the buffer. */
  private void handle(byte[] first) {
    if (first.length > BUFFER_BYTES) {
      BufferMemory.Block large = memory.allocate(first.length);
      try {
        handle(large, copy(first, large, 0));
      } finally {
        memory.free(large);
      }
      return;
    }
    BufferMemory.Block block = buffer;
    if (block == null) {
      block = memory.allocate(BUFFER_BYTES);
      buffer = block;
    }
    int length = copy(first, block, 0);
    byte[] more = input.peek();
    while (more != null && length + more.length <= BUFFER_BYTES) {
      input.remove();
      length = copy(more, block, length);
      more = input.peek();
    }
    handle(block, length);
  }

  private static int copy(byte[] bytes, BufferMemory.Block to, int at) {
    MemorySegment.copy(
        bytes, 0, to.memory(), ValueLayout.JAVA_BYTE, to.offset() + at, bytes.length);
    return at + bytes.length;
  }

  private void handle(BufferMemory.Block block, int length) {
    Connection open = connection;
    Connection.Handler handler = open == null ? null : open.handler();
    if (open == null || handler == null) {
      return;
    }
    try {
      handler.onBytes(open, block.memory(), block.offset(), block.offset() + length);
      if (channel.isOpen()) {
        handler.onReadDone(open);
      }
    } catch (RuntimeException | LinkageError | OutOfMemoryError failure) {
      channel.pipeline().fireExceptionCaught(failure);
    }
  }

  void onWritten(byte[] bytes) {
    receiver.onBytes(bytes);
  }

  private void freeBuffer() {
    BufferMemory.Block block = buffer;
    buffer = null;
    if (block != null) {
      memory.free(block);
    }
  }
}
