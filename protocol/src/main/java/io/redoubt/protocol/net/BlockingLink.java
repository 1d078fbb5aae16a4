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
import org.jspecify.annotations.Nullable;

/**
 * A blocking connection with a timeout for each step, for exchanges that must finish before
 * anything else may happen. For use by one thread.
 */
public final class BlockingLink implements AutoCloseable {

  private static final int MAX_STEP_BYTES = 1 << 16;

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;

  /** Encrypts the channel; null for a plain connection. */
  private @Nullable BlockingTls encryption;

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
   * @param tls encrypts the connection; null for none
   * @throws SocketTimeoutException if a step takes longer than {@code timeoutMillis}
   */
  public static BlockingLink connect(String host, int port, @Nullable Tls tls, int timeoutMillis)
      throws IOException {
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
      if (tls != null) {
        link.encrypt(tls, address, timeoutMillis);
      }
      return link;
    } catch (IOException e) {
      link.close();
      throw e;
    }
  }

  private void encrypt(Tls tls, InetSocketAddress server, int timeoutMillis) throws IOException {
    BlockingTls layer =
        new BlockingTls(tls.engine(server.getHostString(), server.getPort()), new Encrypted());
    layer.begin(timeoutMillis);
    encryption = layer;
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
   * @param memory off-heap memory
   * @throws SocketTimeoutException if the peer accepts nothing for {@code timeoutMillis}
   */
  public void write(MemorySegment memory, long offset, long length, int timeoutMillis)
      throws IOException {
    for (long done = 0; done < length; ) {
      long step = Math.min(length - done, MAX_STEP_BYTES);
      ByteBuffer buffer = memory.asSlice(offset + done, step).asByteBuffer();
      if (encryption == null) {
        send(buffer, timeoutMillis);
      } else {
        encryption.write(buffer, timeoutMillis);
      }
      done += step;
    }
  }

  private void send(ByteBuffer bytes, int timeoutMillis) throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, timeoutMillis);
      }
    }
  }

  /**
   * Receives bytes, as soon as at least one is available.
   *
   * @return the number of bytes in the target
   * @throws SocketTimeoutException if nothing arrives for {@code timeoutMillis}
   * @throws EOFException if the peer has closed the connection
   */
  public int read(byte[] target, int timeoutMillis) throws IOException {
    return encryption == null
        ? receive(ByteBuffer.wrap(target), timeoutMillis)
        : encryption.read(target, timeoutMillis);
  }

  private int receive(ByteBuffer room, int timeoutMillis) throws IOException {
    int bytes = channel.read(room);
    while (bytes == 0) {
      await(SelectionKey.OP_READ, timeoutMillis);
      bytes = channel.read(room);
    }
    if (bytes < 0) {
      throw new EOFException();
    }
    return bytes;
  }

  /** Transports encrypted bytes over the channel. */
  private final class Encrypted implements BlockingTls.Wire {
    @Override
    public void send(ByteBuffer bytes, int timeoutMillis) throws IOException {
      BlockingLink.this.send(bytes, timeoutMillis);
    }

    @Override
    public void receive(ByteBuffer room, int timeoutMillis) throws IOException {
      BlockingLink.this.receive(room, timeoutMillis);
    }
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
