package io.redoubt.dist.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.ReplyDecoder;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * A blocking connection over TCP, TLS or a Unix socket, without a timeout: a command may block for
 * as long as the user wants. One thread may send while another one receives.
 */
public final class ClientConnection implements AutoCloseable {
  private static final int READ_BYTES = 16 * 1024;

  private final Closeable transport;
  private final InputStream in;
  private final OutputStream out;
  private final ReplyDecoder decoder = new ReplyDecoder();
  private final byte[] room = new byte[READ_BYTES];

  private ClientConnection(Closeable transport, InputStream in, OutputStream out) {
    this.transport = transport;
    this.in = in;
    this.out = out;
  }

  /** Connects to a server, without logging in. */
  public static ClientConnection open(Target target) throws IOException {
    if (target.socket() != null) {
      SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(target.socket()));
      return new ClientConnection(channel, new ChannelInput(channel), new ChannelOutput(channel));
    }
    InetSocketAddress address = new InetSocketAddress(target.host(), target.port());
    if (address.isUnresolved()) {
      throw new UnknownHostException("Name or service not known");
    }
    Socket socket = new Socket();
    try {
      socket.connect(address);
      socket.setTcpNoDelay(true);
      TlsOptions tls = target.tls();
      if (tls != null) {
        socket = tls.encrypt(socket, target.host(), target.port());
      }
      return new ClientConnection(socket, socket.getInputStream(), socket.getOutputStream());
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  public void send(byte[]... arguments) throws IOException {
    sendRaw(RequestEncoder.encode(arguments));
  }

  /** Sends encoded requests. */
  public void sendRaw(byte[] bytes) throws IOException {
    sendRaw(bytes, bytes.length);
  }

  /** Sends the first {@code length} bytes of encoded requests. */
  public void sendRaw(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length);
    out.flush();
  }

  /** Sends a request and returns the next reply, skipping push messages. */
  public Reply call(byte[]... arguments) throws IOException, ProtocolException {
    send(arguments);
    Reply reply = receive();
    while (reply instanceof Reply.Push) {
      reply = receive();
    }
    return reply;
  }

  /** Sends a request of words and returns the next reply, skipping push messages. */
  public Reply call(String... words) throws IOException, ProtocolException {
    byte[][] arguments = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].getBytes(UTF_8);
    }
    return call(arguments);
  }

  /**
   * Returns the next reply.
   *
   * @throws EOFException if the server has closed the connection
   */
  public Reply receive() throws IOException, ProtocolException {
    Reply reply = decoder.next();
    while (reply == null) {
      int length = in.read(room);
      if (length < 0) {
        throw new EOFException();
      }
      decoder.feed(room, 0, length);
      reply = decoder.next();
    }
    return reply;
  }

  /** Removes and returns the bytes received after the last reply. */
  public byte[] takeRest() {
    byte[] rest = decoder.rest();
    decoder.discardRest();
    return rest;
  }

  /** Returns the stream of received bytes, for reading after {@link #takeRest}. */
  public InputStream input() {
    return in;
  }

  /** Returns bytes to the connection, to be decoded as replies. */
  public void feed(byte[] bytes, int offset, int length) {
    decoder.feed(bytes, offset, length);
  }

  @Override
  public void close() throws IOException {
    transport.close();
  }

  /**
   * Reads a channel. Unlike in the streams of {@code Channels}, a read does not lock out writes.
   */
  private static final class ChannelInput extends InputStream {
    private final SocketChannel channel;

    ChannelInput(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return channel.read(ByteBuffer.wrap(target, offset, length));
    }
  }

  private static final class ChannelOutput extends OutputStream {
    private final SocketChannel channel;

    ChannelOutput(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(source, offset, length);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }
}
