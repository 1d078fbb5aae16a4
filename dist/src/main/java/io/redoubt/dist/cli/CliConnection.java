package io.redoubt.dist.cli;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A blocking connection over TCP or a Unix socket, without a timeout: a command may block for as
 * long as the user wants.
 */
final class CliConnection implements AutoCloseable {
  private static final int READ_BYTES = 16 * 1024;

  private final SocketChannel channel;
  private final ReplyDecoder decoder = new ReplyDecoder();
  private final ByteBuffer room = ByteBuffer.allocate(READ_BYTES);

  private CliConnection(SocketChannel channel) {
    this.channel = channel;
  }

  /** Connects to the host and port, or to the socket if it is not null. */
  static CliConnection open(String host, int port, @Nullable String socket) throws IOException {
    if (socket != null) {
      return new CliConnection(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UnknownHostException("Name or service not known");
    }
    SocketChannel channel = SocketChannel.open();
    try {
      channel.connect(address);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      return new CliConnection(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Sends a request. */
  void send(byte[]... arguments) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(RequestEncoder.encode(arguments));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Returns the next reply.
   *
   * @throws EOFException if the server has closed the connection
   */
  Reply receive() throws IOException, ProtocolException {
    Reply reply = decoder.next();
    while (reply == null) {
      room.clear();
      if (channel.read(room) < 0) {
        throw new EOFException();
      }
      decoder.feed(room.flip());
      reply = decoder.next();
    }
    return reply;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
