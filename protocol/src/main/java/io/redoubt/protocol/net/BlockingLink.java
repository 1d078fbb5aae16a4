package io.redoubt.protocol.net;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * A connection whose user waits for every step, for a limited time: for what must be done before
 * anything else may happen. For use by one thread.
 */
public final class BlockingLink implements AutoCloseable {

  private static final int STEP_BYTES = 1 << 16;

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;

  private BlockingLink(SocketChannel channel, Selector selector) throws IOException {
    this.channel = channel;
    this.selector = selector;
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    key = channel.register(selector, 0);
  }

  /**
   * Connects.
   *
   * @throws SocketTimeoutException when that takes longer than so many milliseconds
   */
  public static BlockingLink connect(String host, int port, int timeoutMillis) throws IOException {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException(host);
    }
    BlockingLink link = new BlockingLink(SocketChannel.open(), Selector.open());
    try {
      if (!link.channel.connect(address)) {
        link.await(SelectionKey.OP_CONNECT, timeoutMillis);
        link.channel.finishConnect();
      }
      return link;
    } catch (IOException e) {
      link.close();
      throw e;
    }
  }

  private void await(int operation, int timeoutMillis) throws IOException {
    key.interestOps(operation);
    int ready = selector.select(timeoutMillis);
    selector.selectedKeys().clear();
    if (ready == 0) {
      throw new SocketTimeoutException();
    }
  }

  /**
   * Sends bytes.
   *
   * @param memory memory outside of the heap
   * @throws SocketTimeoutException when the other side takes nothing for so many milliseconds
   */
  public void write(MemorySegment memory, long offset, long length, int timeoutMillis)
      throws IOException {
    for (long done = 0; done < length; ) {
      long step = Math.min(length - done, STEP_BYTES);
      ByteBuffer buffer = memory.asSlice(offset + done, step).asByteBuffer();
      while (buffer.hasRemaining()) {
        if (channel.write(buffer) == 0) {
          await(SelectionKey.OP_WRITE, timeoutMillis);
        }
      }
      done += step;
    }
  }

  /**
   * Takes bytes as soon as there are some.
   *
   * @return how many there are now in the target, one at least
   * @throws SocketTimeoutException when nothing comes for so many milliseconds
   * @throws EOFException when the other side has closed the connection
   */
  public int read(byte[] target, int timeoutMillis) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target);
    int bytes = channel.read(buffer);
    if (bytes == 0) {
      await(SelectionKey.OP_READ, timeoutMillis);
      bytes = channel.read(buffer);
    }
    if (bytes < 0) {
      throw new EOFException();
    }
    return bytes;
  }

  @Override
  public void close() throws IOException {
    try {
      selector.close();
    } finally {
      channel.close();
    }
  }
}
