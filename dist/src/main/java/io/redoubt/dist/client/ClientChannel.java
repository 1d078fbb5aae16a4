package io.redoubt.dist.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A connection over TCP, TLS or a Unix socket for use with a selector. It blocks until it is
 * registered.
 */
public final class ClientChannel implements AutoCloseable {
  private final SocketChannel channel;
  private final @Nullable TlsChannel tls;

  private ClientChannel(SocketChannel channel, @Nullable TlsChannel tls) {
    this.channel = channel;
    this.tls = tls;
  }

  /** Connects to a server, without logging in. */
  public static ClientChannel open(Target target) throws IOException {
    if (target.socket() != null) {
      return new ClientChannel(
          SocketChannel.open(UnixDomainSocketAddress.of(target.socket())), null);
    }
    InetSocketAddress address = new InetSocketAddress(target.host(), target.port());
    if (address.isUnresolved()) {
      throw new UnknownHostException("Name or service not known");
    }
    SocketChannel channel = SocketChannel.open(address);
    try {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      TlsOptions options = target.tls();
      TlsChannel tls =
          options == null
              ? null
              : TlsChannel.open(channel, options.engine(target.host(), target.port()));
      return new ClientChannel(channel, tls);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Makes the channel non-blocking and registers it for input. */
  public SelectionKey register(Selector selector, Object attachment) throws IOException {
    channel.configureBlocking(false);
    return channel.register(selector, SelectionKey.OP_READ, attachment);
  }

  /** Sends bytes, all of them unless the channel is registered. */
  public void write(ByteBuffer bytes) throws IOException {
    if (tls != null) {
      tls.write(bytes);
    } else {
      do {
        channel.write(bytes);
      } while (bytes.hasRemaining() && channel.isBlocking());
    }
  }

  /** Returns true if encrypted bytes wait for the socket. */
  public boolean hasUnsent() {
    return tls != null && tls.hasUnsent();
  }

  /** Receives bytes; returns their number, negative at the end of the stream. */
  public int read(ByteBuffer room) throws IOException {
    return tls != null ? tls.read(room) : channel.read(room);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
